import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { hashPassword } from '@postrider/authentication/hash'
import { createVerdicts } from '@postrider/authentication/verdict-cache'
import { createLogin } from '@postrider/authentication/login'
import { createLoginGuard } from '@postrider/authentication/login-guard'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import type { LocalCertificate } from '@postrider/tls/local-certificate'
import { createAnswer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import { MAX_BODY } from './request.ts'
import { content, json } from './response.ts'
import { createRouter } from './router.ts'
import { listen } from './server.ts'
import type { ApiServer } from './server.ts'

let tls: LocalCertificate
let https: ApiServer
let http: ApiServer
const faults: unknown[] = []
const answered: string[] = []

before(async () => {
  tls = await makeLocalCertificate(['localhost'])
  const credentials = new Map([
    ['app@one.test', { address: 'app@one.test', passwordHashes: [await hashPassword('pässword:1')] }],
  ])
  const find = createRouter([
    { method: 'GET', path: '/open', reach: 'Anywhere', handle: () => content('text/plain', 'open') },
    { method: 'POST', path: '/open', reach: 'Anywhere', handle: ({ body }) => json({ octets: body.length }) },
    {
      method: 'GET',
      path: '/v1/me',
      reach: 'HTTPS',
      handle: async (asked, context) => json({ me: (await authenticate(asked, context)).address }),
    },
    {
      method: 'GET',
      path: '/broken',
      reach: 'Anywhere',
      handle: () => {
        throw new Error('inner secret')
      },
    },
  ])
  const context = {
    config: () => ({ credentials }) as unknown as RuntimeConfig,
    login: createLogin({
      credentials: () => credentials,
      verdicts: createVerdicts(),
      guard: createLoginGuard(() => DEFAULT_PROTECTION),
    }),
    submission: { host: 'x.test' },
    sign: (text: Buffer) => text,
  }
  const answer = createAnswer({
    find,
    context,
    answered: (path, status) => answered.push(`${path ?? 'none'} ${status}`),
    onError: (error) => faults.push(error),
  })
  https = await listen({ host: '127.0.0.1', port: 0, certificates: { first: tls, further: [] }, answer })
  http = await listen({ host: '127.0.0.1', port: 0, answer })
})
after(async () => {
  await Promise.all([https.close(), http.close()])
})

const plain = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${http.port}${path}`, init)

interface Answered {
  status: number
  challenge: string
  retryAfter: string
  body: string
}

/** A GET over TLS, with the certificate verified. */
function secure(path: string, login?: string): Promise<Answered> {
  const headers = login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: 'localhost', port: https.port, path, ca: tls.ca, headers, agent: false },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            challenge: response.headers['www-authenticate'] ?? '',
            retryAfter: response.headers['retry-after'] ?? '',
            body,
          }),
        )
      },
    )
    asked.on('error', reject).end()
  })
}

test('a known path is answered, HEAD without a body, and an unknown path or method with an error', async () => {
  assert.equal(await (await plain('/open?x=1')).text(), 'open')
  const head = await plain('/open', { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '4', ''])
  assert.equal((await plain('/nothing')).status, 404)
  assert.equal((await plain('/%ff')).status, 400)
  const wrong = await plain('/open', { method: 'DELETE' })
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, HEAD, POST'])
  assert.ok(answered.includes('/open 200') && answered.includes('none 404'))
})

test('a fault of the service is answered 500 without details', async () => {
  const response = await plain('/broken')
  const text = await response.text()
  assert.equal(response.status, 500)
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  assert.doesNotMatch(text, /inner secret| at /)
  assert.match(String(faults.at(-1)), /inner secret/)
})

test('a body is read up to its bound and no further', async () => {
  const fits = await plain('/open', { method: 'POST', body: 'x'.repeat(MAX_BODY) })
  assert.deepEqual(await fits.json(), { octets: MAX_BODY })
  const socket = connect(http.port, '127.0.0.1')
  socket.write(`POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(MAX_BODY + 1)}`)
  let text = ''
  // The rest of the 100 MB is never sent: the answer and the end come without it.
  for await (const chunk of socket) text += String(chunk)
  assert.match(text, /^HTTP\/1\.1 413 /)
})

test('a login yields its credential, and every wrong login gets the same answer', async () => {
  const right = await secure('/v1/me', 'app@ONE.test:pässword:1')
  assert.deepEqual([right.status, right.body], [200, '{"me":"app@one.test"}\n'])
  const wrong = await Promise.all([
    secure('/v1/me'),
    secure('/v1/me', 'app@one.test:wrong'),
    secure('/v1/me', 'nobody@one.test:pässword:1'),
    secure('/v1/me', 'no-colon'),
  ])
  for (const answer of wrong) assert.deepEqual(answer, wrong[0])
  assert.equal(wrong[0].status, 401)
  assert.match(wrong[0].challenge, /^Basic /)
})

test('a password that is sent without TLS is not checked', async () => {
  const authorization = `Basic ${Buffer.from('app@one.test:pässword:1').toString('base64')}`
  assert.equal((await plain('/v1/me', { headers: { authorization } })).status, 403)
})

test('a renewed certificate is used from the next connection on', async () => {
  const other = await makeLocalCertificate(['localhost'])
  https.updateCertificates({ first: other, further: [] })
  await assert.rejects(secure('/v1/me'))
  https.updateCertificates({ first: tls, further: [] })
  assert.equal((await secure('/v1/me')).status, 401)
})

test('guessing is blocked as at the submission ports, even with a correct password', async () => {
  const guesses = await Promise.all(
    Array.from({ length: 30 }, (_, index) => secure('/v1/me', `someone@one.test:guess ${index}`)),
  )
  const of = (status: number): number => guesses.filter((answer) => answer.status === status).length
  // Two more may be checked at the same time as the tenth.
  assert.ok(of(401) >= 10 && of(401) <= 12, `${of(401)} were checked`)
  assert.equal(of(401) + of(429), 30)
  const blocked = guesses.find(({ status }) => status === 429)
  assert.ok(Number(blocked?.retryAfter) > 800)
  assert.match(blocked?.body ?? '', /too many wrong passwords.*try again in 15 minutes/)
  // This credential logged in from here before, and its password is remembered as correct.
  assert.equal((await secure('/v1/me', 'app@one.test:pässword:1')).status, 200)
  assert.equal((await secure('/v1/me', 'other@one.test:right')).status, 429)
})
