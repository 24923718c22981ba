import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { manifest } from '../support/manifest.ts'

const folder = mkdtempSync(join(tmpdir(), 'postrider-client-setup-'))
let platform: TestPlatform

before(async () => {
  platform = await startPlatform({
    api: true,
    domain: { incoming: { imap: { host: 'imap.sender.test' }, pop3: { host: 'pop.sender.test' } } },
  })
})
after(async () => {
  await platform.stop()
  platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  status: number
  body: Buffer
}

/** By HTTPS, with the certificate checked. */
function ask(path: string, { host = 'localhost', post }: { host?: string; post?: string } = {}): Promise<Answer> {
  const options = {
    host: 'localhost',
    port: platform.ports.api,
    path,
    method: post === undefined ? 'GET' : 'POST',
    ca: readFileSync(platform.caFile),
    headers: { host },
    servername: 'localhost',
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
    })
    asked.on('error', reject).end(post)
  })
}

const XML = '/.well-known/autoconfig/mail/config-v1.1.xml'
const post = (address: string): string =>
  `<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`

test('who asks by address or by host, with TLS or without, gets the same answer, whether or not the address exists', async () => {
  const { submissions, submission, apiHttp } = platform.ports
  const { status, body } = await ask(`${XML}?emailaddress=app%40sender.test`)
  const text = body.toString()
  assert.equal(status, 200)
  for (const part of ['imap.sender.test', `<port>${submissions}</port>`, `<port>${submission}</port>`])
    assert.ok(text.includes(part), part)
  const same = [
    await ask(`${XML}?emailaddress=nobody%40sender.test`),
    await ask('/mail/config-v1.1.xml', { host: 'autoconfig.sender.test' }),
  ]
  for (const one of same) assert.equal(one.body.toString(), text)
  const plain = await fetch(`http://127.0.0.1:${apiHttp}${XML}?emailaddress=app@sender.test`)
  assert.equal(await plain.text(), text)
  assert.equal((await ask(`${XML}?emailaddress=app%40other.test`)).status, 404)
  assert.equal((await ask(XML)).status, 404)
})

test('Outlook is answered, at whatever path it writes, and learns where to post', async () => {
  const posted = await ask('/Autodiscover/Autodiscover.xml', { post: post('nobody@sender.test') })
  assert.equal(posted.status, 200)
  assert.match(posted.body.toString(), /<LoginName>nobody@sender\.test<\/LoginName>/)
  assert.match(posted.body.toString(), new RegExp(`<Type>SMTP</Type>\\s*<Server>mail\\.sender\\.test</Server>`))
  const other = await ask('/autodiscover/autodiscover.xml', { post: post('a@other.test') })
  assert.match(other.body.toString(), /<ErrorCode>500</)
  const invalid = await ask('/autodiscover/autodiscover.xml', { post: '<x/>' })
  assert.match(invalid.body.toString(), /<ErrorCode>600</)
  const newer = await ask('/autodiscover/autodiscover.json?Email=a@sender.test&Protocol=AutodiscoverV1')
  assert.deepEqual(JSON.parse(newer.body.toString()), {
    Protocol: 'AutodiscoverV1',
    Url: 'https://localhost/autodiscover/autodiscover.xml',
  })
})

/** As Outlook and Microsoft's connectivity test write them, and as administrators put them into proxies. */
const SPELLINGS = [
  '/autodiscover/autodiscover.xml',
  '/Autodiscover/Autodiscover.xml',
  '/AutoDiscover/Autodiscover.xml',
  '/AutoDiscover/AutoDiscover.xml',
  '/AUTODISCOVER/AUTODISCOVER.XML',
  '//autodiscover/autodiscover.xml',
]
const HOSTS = ['sender.test', 'autodiscover.sender.test']

test('autodiscover is answered in each spelling, at both hosts, by POST and GET, and in version 2', async () => {
  for (const host of HOSTS)
    for (const path of SPELLINGS) {
      for (const address of ['app@sender.test', 'App@Sender.Test', ' app@sender.test ', 'app+tag@sender.test']) {
        const { status, body } = await ask(path, { host, post: post(address) })
        assert.equal(status, 200, path)
        assert.match(body.toString(), /<Type>IMAP<\/Type>[^]*<Type>SMTP<\/Type>/, `${host}${path} ${address}`)
      }
      for (const [address, code] of [
        ['', 600],
        ['%EMAILADDRESS%', 600],
        ['app@', 600],
        ['app@other.test', 500],
      ] as const) {
        const { status, body } = await ask(path, { host, post: post(address) })
        assert.equal(status, 200)
        assert.match(body.toString(), new RegExp(`<ErrorCode>${code}</ErrorCode>`), address)
      }
      assert.match((await ask(path, { host })).body.toString(), /<ErrorCode>600</, `GET ${host}${path}`)
    }
  for (const path of [
    '/autodiscover/autodiscover.json?Email=app@sender.test&Protocol=AutodiscoverV1',
    '/Autodiscover/Autodiscover.json?Email=app%40sender.test&protocol=autodiscoverv1&RedirectCount=1',
    '/autodiscover/autodiscover.json/v1.0/app@sender.test?Protocol=AutodiscoverV1',
    '/AutoDiscover/AutoDiscover.json/v1.0/app%2Btag%40sender.test?Protocol=AutoDiscoverV1&RedirectCount=1',
  ]) {
    const { status, body } = await ask(path, { host: 'autodiscover.sender.test' })
    assert.equal(status, 200, path)
    assert.match((JSON.parse(body.toString()) as { Url: string }).Url, /\/autodiscover\/autodiscover\.xml$/)
  }
  const missing = await ask('/autodiscover/autodiscover.json/v1.0/app@sender.test')
  assert.deepEqual(
    [missing.status, JSON.parse(missing.body.toString())],
    [400, { ErrorCode: 'MandatoryParameterMissing', ErrorMessage: 'The Protocol parameter is missing.' }],
  )
  const ews = await ask('/autodiscover/autodiscover.json?Email=a@sender.test&Protocol=EWS')
  assert.deepEqual(
    [ews.status, (JSON.parse(ews.body.toString()) as { ErrorCode: string }).ErrorCode],
    [404, 'ProtocolNotSupported'],
  )
})

test('autoconfig is answered in each spelling of its path, its host and the address', async () => {
  const wanted = (await ask(`${XML}?emailaddress=app%40sender.test`)).body.toString()
  const paths = [
    XML,
    '/mail/config-v1.1.xml',
    '/Mail/Config-v1.1.XML',
    '//mail/config-v1.1.xml',
    '/.well-known/AutoConfig/mail/config-v1.1.xml/',
  ]
  const queries = [
    '',
    '?emailaddress=',
    '?emailaddress=app@sender.test',
    '?EmailAddress=App%40Sender.Test',
    '?emailaddress=app+tag@sender.test',
    '?emailaddress=app%2Btag%40sender.test',
    '?emailaddress=%20app@sender.test%20',
    '?emailaddress=%EMAILADDRESS%',
    '?emailaddress=%25EMAILADDRESS%25',
    '?emailaddress={emailaddress}',
    '?emailaddress=%EMAILLOCALPART%@sender.test',
  ]
  for (const host of [
    'autoconfig.sender.test',
    'autodiscover.sender.test',
    'sender.test',
    'AutoConfig.Sender.Test:443',
  ])
    for (const path of paths)
      for (const query of queries) {
        const { status, body } = await ask(path + query, { host })
        assert.deepEqual([status, body.toString()], [200, wanted], `${host}${path}${query}`)
      }
  for (const query of ['?emailaddress=app', '?emailaddress=a@b@c']) assert.equal((await ask(XML + query)).status, 400)
})

test(
  'Apple’s profile is signed with the certificate, by HTTPS only',
  { skip: needs('openssl', 'openssl') },
  async () => {
    const path = '/apple/mail.mobileconfig?emailaddress=app%40sender.test'
    const { status, body } = await ask(path)
    assert.equal(status, 200)
    writeFileSync(join(folder, 'signed'), body)
    const files = ['-in', join(folder, 'signed'), '-CAfile', platform.caFile, '-out', join(folder, 'profile')]
    execFileSync('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any', ...files], {
      stdio: 'pipe',
    })
    const read = 'import plistlib, json, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))'
    const profile = JSON.parse(execFileSync('python3', ['-c', read, join(folder, 'profile')]).toString()) as {
      PayloadContent: Record<string, unknown>[]
    }
    const [account] = profile.PayloadContent
    assert.deepEqual(
      ['EmailAccountType', 'IncomingMailServerHostName', 'OutgoingMailServerPortNumber'].map((name) => account?.[name]),
      ['EmailTypeIMAP', 'imap.sender.test', platform.ports.submissions],
    )
    assert.equal((await fetch(`http://127.0.0.1:${platform.ports.apiHttp}${path}`)).status, 403)
  },
)

test('a domain that is suspended is answered no more, without a restart', async () => {
  platform.write('other.yaml', [manifest('Domain', 'other', { domainName: 'other.test' })])
  const status = async (): Promise<number> => (await ask(`${XML}?emailaddress=a%40other.test`)).status
  await eventually(async () => assert.equal(await status(), 200))
  platform.write('other.yaml', [manifest('Domain', 'other', { domainName: 'other.test', state: 'Suspended' })])
  await eventually(async () => assert.equal(await status(), 404))
})
