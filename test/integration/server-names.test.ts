import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import type { LocalCertificate } from '@postrider/tls/local-certificate'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { handshake, startedTls } from '../support/tls-probe.ts'

const folder = mkdtempSync(join(tmpdir(), 'postrider-names-'))
const fileOf = (name: string) => ({
  certificateFile: join(folder, `${name}.pem`),
  keyFile: join(folder, `${name}.key`),
})

async function make(name: string, ...names: [string, ...string[]]): Promise<LocalCertificate> {
  const made = await makeLocalCertificate(names)
  writeFileSync(fileOf(name).keyFile, made.key)
  writeFileSync(fileOf(name).certificateFile, made.cert)
  return made
}

describe('one platform under several host names', () => {
  let remote: Receiver
  let platform: TestPlatform
  let one: LocalCertificate
  let two: LocalCertificate
  before(async () => {
    one = await make('one', 'mail.one.test', 'smtp.one.test')
    two = await make('two', '*.two.test')
    remote = await startReceiver()
    platform = await startPlatform({ routeTo: remote, api: true, tls: { further: [fileOf('one'), fileOf('two')] } })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
    rmSync(folder, { recursive: true })
  })

  /** Names of what each port shows to a client that asks for a host, or for none. */
  async function shown(servername: string): Promise<string[]> {
    const { submissions, submission, api } = platform.ports
    const results = [
      await handshake(submissions, { servername }),
      await handshake(submission, { servername, socket: await startedTls(submission) }),
      await handshake(api, { servername }),
    ]
    return results.map((result) => (typeof result === 'string' ? result : result.names))
  }
  const everywhere = (names: string): string[] => [names, names, names]

  test('each name gets its certificate, on 465, behind STARTTLS and by HTTPS', async () => {
    assert.deepEqual(await shown('mail.one.test'), everywhere('DNS:mail.one.test, DNS:smtp.one.test'))
    assert.deepEqual(await shown('SMTP.one.test'), everywhere('DNS:mail.one.test, DNS:smtp.one.test'))
    assert.deepEqual(await shown('mx.two.test'), everywhere('DNS:*.two.test'))
  })

  test('who asks for another name, or for none, gets the first one', async () => {
    const [first = ''] = await shown('')
    assert.match(first, /DNS:localhost/)
    for (const name of ['', 'elsewhere.test', 'deep.mx.two.test'])
      assert.deepEqual(await shown(name), everywhere(first))
  })

  test('a client that trusts the CA of its own name alone is content, and the ciphers are those of the port', async () => {
    const { submissions } = platform.ports
    const checked = { rejectUnauthorized: true, servername: 'mail.one.test' }
    const good = await handshake(submissions, { ...checked, ca: one.ca })
    assert.ok(typeof good !== 'string', JSON.stringify(good))
    assert.equal(typeof (await handshake(submissions, { ...checked, ca: two.ca })), 'string')
    for (const weak of [
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
    ] as const)
      assert.equal(typeof (await handshake(submissions, { ...weak, servername: 'mail.one.test' })), 'string')
  })

  test('a renewed one is shown within seconds; what is written badly changes nothing, and costs no other name', async () => {
    const { submissions } = platform.ports
    const trusts = (ca: string) => handshake(submissions, { rejectUnauthorized: true, servername: 'mail.one.test', ca })
    const renewed = await make('one', 'mail.one.test')
    await eventually(async () => assert.notEqual(typeof (await trusts(renewed.ca)), 'string'), 10_000)
    writeFileSync(fileOf('one').certificateFile, 'no certificate')
    await eventually(
      () =>
        assert.match(
          readFileSync(join(platform.state, 'logs', 'ingress-0.log'), 'utf8'),
          /certificate-invalid.*contains no PEM certificate/,
        ),
      10_000,
    )
    assert.notEqual(typeof (await trusts(renewed.ca)), 'string')
    const other = await handshake(submissions, { rejectUnauthorized: true, servername: 'mx.two.test', ca: two.ca })
    assert.notEqual(typeof other, 'string')
  })
})
