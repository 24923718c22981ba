import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { makeClientCa } from '../support/client-ca.ts'
import type { ClientCa, ClientCertificate } from '../support/client-ca.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { credential } from '../support/manifest.ts'

const run = promisify(execFile)
const APP = 'app@sender.test'
const SPIFFE = 'spiffe://cluster.test/ns/shop/sa/App'
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const plain = (password: string): string => `AUTH PLAIN ${base64(`\0${APP}\0${password}`)}`

describe('certificates of clients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-client-ca-'))
  const caFile = join(folder, 'ca.pem')
  let remote: Receiver
  let platform: TestPlatform
  let ca: ClientCa
  /** For app@sender.test, by its address; and by the name of a workload. */
  let ofAddress: ClientCertificate
  let ofWorkload: ClientCertificate
  let optional: number
  let required: number
  const sessions: RawSmtp[] = []

  before(async () => {
    ca = await makeClientCa('clients')
    ofAddress = await ca.issue([{ type: 'email', value: 'App@sender.test' }])
    ofWorkload = await ca.issue([
      { type: 'url', value: SPIFFE },
      { type: 'dns', value: 'unlisted.test' },
    ])
    writeFileSync(caFile, ca.pem)
    ;[optional, required] = [await freePort(), await freePort()]
    const listener = { address: '127.0.0.1' }
    remote = await startReceiver()
    platform = await startPlatform({
      routeTo: remote,
      tls: { clientCA: { certificateFile: caFile } },
      listeners: [
        { ...listener, mode: 'ImplicitTLS', port: optional, clientCertificate: 'Optional' },
        { ...listener, mode: 'STARTTLS', port: required, clientCertificate: 'Required' },
      ],
      credential: { clientCertificates: [APP, SPIFFE] },
      documents: [credential('other')],
    })
  })
  after(async () => {
    // The ingress waits for its clients, and this one's have nothing more to say.
    for (const smtp of sessions) smtp.close()
    await platform.stop()
    platform.remove()
    await remote.close()
    rmSync(folder, { recursive: true })
  })

  async function session(port: number, certificate?: ClientCertificate): Promise<RawSmtp & { offers: string }> {
    const smtp = await openSmtp({ port, tls: port !== required, ...(certificate ? { certificate } : {}) })
    sessions.push(smtp)
    let offers = await smtp.command('EHLO client.test')
    if (port === required) {
      assert.match(await smtp.command('STARTTLS'), /^220 /)
      await smtp.startTls()
      offers = await smtp.command('EHLO client.test')
    }
    return Object.assign(smtp, { offers })
  }
  const loginOf = async (certificate: ClientCertificate, response: string): Promise<string> =>
    (await session(optional, certificate)).command(`AUTH EXTERNAL ${response}`)

  test('who shows one is offered to log in by it, and its mail is that of the credential', async () => {
    const smtp = await session(optional, ofAddress)
    assert.match(smtp.offers, /^250-AUTH PLAIN LOGIN EXTERNAL$/m)
    assert.match(await smtp.command('AUTH EXTERNAL ='), /^235 2\.7\.0/)
    for (const command of [`MAIL FROM:<${APP}>`, 'RCPT TO:<kim@remote.test>'])
      assert.match(await smtp.command(command), /^250/)
    assert.match(await smtp.command('DATA'), /^354/)
    smtp.write(`From: ${APP}\r\nSubject: by certificate\r\n\r\nhello\r\n.\r\n`)
    assert.match(await smtp.reply(), /^250 .*queued as/)
    await eventually(() => assert.match(remote.mails.at(-1)?.content ?? '', /Subject: by certificate/))
  })

  test('the response may come by itself, and name the credential', async () => {
    for (const response of ['', base64(APP), base64('app@SENDER.test')]) {
      const smtp = await session(optional, ofAddress)
      assert.equal(await smtp.command('AUTH EXTERNAL'), '334')
      assert.match(await smtp.command(response), /^235/)
    }
    assert.match(await loginOf(ofWorkload, base64(APP)), /^235/)
  })

  test('a name that no credential lists, or another one does, is refused alike', async () => {
    const answers = await Promise.all([
      loginOf(ofAddress, base64('other@sender.test')),
      loginOf(ofAddress, base64('nobody@sender.test')),
      loginOf(ofAddress, base64('\0')),
    ])
    for (const answer of answers) assert.equal(answer, answers[0])
    assert.match(answers[0], /^535 5\.7\.8 .*clientCertificates/)
    // Whose it is cannot be seen from the name of a workload.
    assert.match(await loginOf(ofWorkload, '='), /^535 5\.7\.8/)
    // A CA's word alone makes nobody other@sender.test.
    assert.match(await loginOf(await ca.issue([{ type: 'email', value: 'other@sender.test' }]), '='), /^535/)
  })

  test('invalid responses, and giving up, are answered', async () => {
    assert.match(await loginOf(ofAddress, 'not-base64'), /^501 5\.5\.2/)
    assert.match(await loginOf(ofAddress, '= ='), /^501 5\.5\.4/)
    const smtp = await session(optional, ofAddress)
    await smtp.command('AUTH EXTERNAL')
    assert.match(await smtp.command('*'), /^501/)
    assert.match(await smtp.command('AUTH EXTERNAL ='), /^235/)
    assert.match(await smtp.command('AUTH EXTERNAL ='), /^503/)
  })

  test('one of another CA, or one that has expired, is as good as none', async () => {
    const names = [{ type: 'email', value: APP }] as const
    const stranger = await makeClientCa('strangers')
    for (const bad of [await stranger.issue([...names]), await ca.issue([...names], -1)]) {
      const smtp = await session(optional, bad)
      assert.doesNotMatch(smtp.offers, /EXTERNAL/)
      assert.match(await smtp.command('AUTH EXTERNAL ='), /^504/)
      assert.match(await smtp.command(plain(platform.credential.password)), /^235/)
      assert.match(await (await session(required, bad)).command(plain(platform.credential.password)), /^530/)
    }
  })

  test('one whose CA has the name of ours and another key is nothing', async () => {
    const forger = await makeClientCa('clients')
    const forged = await forger.issue([{ type: 'email', value: APP }])
    // OpenSSL may end the connection over the signature before anything is said.
    assert.match(await loginOf(forged, '='), /^504|^closed/)
    assert.match(await (await session(required, forged)).command(plain(platform.credential.password)), /^530|^closed/)
  })

  test('a port that asks for none offers and takes none', async () => {
    const smtp = await session(platform.ports.submissions, ofAddress)
    assert.doesNotMatch(smtp.offers, /EXTERNAL/)
    assert.match(await smtp.command('AUTH EXTERNAL ='), /^504/)
  })

  test('where it is required a right password alone is not looked at, and with a certificate it is', async () => {
    const without = await session(required)
    assert.match(await without.command(plain(platform.credential.password)), /^530 5\.7\.0 .*certificate/)
    assert.match(await without.command(`MAIL FROM:<${APP}>`), /^530/)
    assert.match(await (await session(required, ofWorkload)).command(plain(platform.credential.password)), /^235/)
    assert.match(await (await session(required, ofAddress)).command('AUTH EXTERNAL ='), /^235/)
  })

  test('a resumed session is judged by the certificate that it began with, or by there being none', async () => {
    for (const [certificate, offered] of [
      [undefined, false],
      [ofAddress, true],
    ] as const) {
      const first = await ehlo(optional, certificate)
      const second = await ehlo(optional, undefined, first.ticket)
      assert.deepEqual([first.offered, second.offered, second.resumed], [offered, offered, true])
    }
  })

  test('curl logs in by its certificate', { skip: needs('curl', 'curl') }, async () => {
    const [cert, key, mail] = ['cert.pem', 'key.pem', 'mail.eml'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    writeFileSync(cert, ofWorkload.cert)
    writeFileSync(key, ofWorkload.key)
    writeFileSync(mail, `From: ${APP}\r\nSubject: from curl\r\n\r\nhello\r\n`)
    const trust = ['--cacert', platform.caFile, '--cert', cert, '--key', key]
    const login = ['--user', `${APP}:`, '--login-options', 'AUTH=EXTERNAL']
    const envelope = ['--mail-from', APP, '--mail-rcpt', 'kim@remote.test', '--upload-file', mail]
    await run('curl', ['-sS', '--url', `smtps://localhost:${optional}`, ...trust, ...login, ...envelope])
    await eventually(() => assert.match(remote.mails.at(-1)?.content ?? '', /Subject: from curl/))
  })

  test('when the CA changes, what the old one vouched for counts no more', async () => {
    const next = await makeClientCa('next')
    writeFileSync(caFile, next.pem)
    await eventually(async () => assert.doesNotMatch((await session(optional, ofAddress)).offers, /EXTERNAL/), 10_000)
    assert.match(await loginOf(await next.issue([{ type: 'email', value: APP }]), '='), /^235/)
  })
})

interface Resumable {
  offered: boolean
  resumed: boolean
  ticket: Buffer | undefined
}

/** One EHLO on a port with TLS; with a ticket of an earlier one, as a session that goes on with its keys. */
function ehlo(port: number, certificate: ClientCertificate | undefined, ticket?: Buffer): Promise<Resumable> {
  return new Promise((resolve, reject) => {
    const session = ticket === undefined ? {} : { session: ticket }
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...certificate, ...session })
    let text = ''
    let given: Buffer | undefined
    socket.on('session', (next: Buffer) => (given = next))
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (/^220 .*\r\n$/.test(text)) socket.write('EHLO client.test\r\n')
      if (!/^250 /m.test(text)) return
      resolve({ offered: text.includes('EXTERNAL'), resumed: socket.isSessionReused(), ticket: given })
      socket.destroy()
    })
  })
}
