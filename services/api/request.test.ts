import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { ProblemError } from './problem.ts'
import { MAX_BODY, readRequest } from './request.ts'

const incoming = (given: { url?: string; method?: string; headers?: object; body?: Buffer[] } = {}): IncomingMessage =>
  Object.assign(Readable.from(given.body ?? []), {
    url: given.url ?? '/',
    method: given.method ?? 'GET',
    headers: given.headers ?? {},
    socket: { remoteAddress: '192.0.2.1' },
  }) as unknown as IncomingMessage

const read = (given: Parameters<typeof incoming>[0], secure = true) => readRequest(incoming(given), secure)
const status = (request: Promise<unknown>): Promise<number | undefined> =>
  request.then(
    () => undefined,
    (error: unknown) => (error instanceof ProblemError ? error.status : Promise.reject(error as Error)),
  )

test('a request is read without its escapes, its port and its capitals', async () => {
  const { path, query, host } = await read({ url: '/a%20b?Name=x%2By', headers: { host: 'Mail.Example.ORG.:8443' } })
  assert.deepEqual([path, query.get('Name'), host], ['/a b', 'x+y', 'mail.example.org'])
})

test('two slashes do not make a host of the path', async () => {
  const { path } = await read({ url: '//evil.test/v1/limits' })
  assert.equal(path, '/evil.test/v1/limits')
})

test('a password that came in clear is not even looked at', async () => {
  const headers = { authorization: 'Basic eA==' }
  assert.equal((await read({ headers })).authorization, 'Basic eA==')
  assert.equal((await read({ headers }, false)).authorization, undefined)
})

test('a path that cannot be decoded is a bad request', async () => {
  assert.equal(await status(read({ url: '/%ff' })), 400)
})

test('a body is bounded, and read only where there is one', async () => {
  const half = Buffer.alloc(MAX_BODY / 2)
  assert.equal((await read({ method: 'POST', body: [half, half] })).body.length, MAX_BODY)
  assert.equal(await status(read({ method: 'POST', body: [half, half, Buffer.alloc(1)] })), 413)
  assert.equal((await read({ method: 'GET', body: [half] })).body.length, 0)
})
