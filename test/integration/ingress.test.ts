import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { freeze } from '../support/freeze.ts'
import { needs } from '../support/needs.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'

const APP = 'app@sender.test'
const folder = mkdtempSync(join(tmpdir(), 'postrider-ingress-'))
const tls = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
const skip = needs('openssl', 'openssl')

/** A certificate of its own at the place that the platform reads. */
function makeCertificate(): void {
  const made = { key: join(folder, 'new.key'), cert: join(folder, 'new.pem') }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', made.key]
  execFileSync('openssl', ['req', '-x509', ...key, '-out', made.cert, '-subj', '/CN=localhost', '-days', '30'], {
    stdio: 'ignore',
  })
  copyFileSync(made.key, tls.keyFile)
  copyFileSync(made.cert, tls.certificateFile)
}

describe('submission', { skip }, () => {
  let remote: Receiver
  let platform: TestPlatform
  let secret: string

  before(async () => {
    makeCertificate()
    remote = await startReceiver({ offers: ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE 60000000'] })
    platform = await startPlatform({ routeTo: remote, tls })
    secret = Buffer.from(`\0${APP}\0${platform.credential.password}`).toString('base64')
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
    rmSync(folder, { recursive: true })
  })

  const plain = () => openSmtp({ port: platform.ports.submission })
  /** A session that has logged in. */
  async function session(): Promise<RawSmtp> {
    const smtp = await openSmtp({ port: platform.ports.submissions, tls: true, waitMs: 120_000 })
    await smtp.command('EHLO client.test')
    assert.match(await smtp.command(`AUTH PLAIN ${secret}`), /^235 /)
    return smtp
  }
  /** Up to the 354. */
  async function opened(to: string, parameters = ''): Promise<RawSmtp> {
    const smtp = await session()
    assert.match(await smtp.command(`MAIL FROM:<${APP}>${parameters}`), /^250 /)
    assert.match(await smtp.command(`RCPT TO:<${to}>`), /^250 /)
    assert.match(await smtp.command('DATA'), /^354 /)
    return smtp
  }
  /** Sends octets as they are, with the final dot; the reply. */
  async function send(to: string, content: string, parameters = ''): Promise<string> {
    const smtp = await opened(to, parameters)
    smtp.write(`${content}\r\n.\r\n`)
    const reply = await smtp.reply()
    smtp.close()
    return reply
  }
  const arrived = (to: string) =>
    eventually(() => {
      const mail = remote.mails.find((one) => one.to.includes(to))
      assert.ok(mail, `mail to ${to}`)
      return mail
    })

  describe('logging in', () => {
    test('is neither offered nor taken before TLS', async () => {
      const smtp = await plain()
      const offers = await smtp.command('EHLO client.test')
      assert.match(offers, /STARTTLS/)
      assert.doesNotMatch(offers, /AUTH/)
      assert.match(await smtp.command(`AUTH PLAIN ${secret}`), /^5\d\d /)
      assert.match(await smtp.command(`MAIL FROM:<${APP}>`), /^530 5\.7\.0/)
      assert.match(await smtp.command('STARTTLS'), /^220 /)
      await smtp.startTls()
      assert.match(await smtp.command('EHLO client.test'), /AUTH PLAIN LOGIN|AUTH LOGIN PLAIN/)
      assert.match(await smtp.command(`AUTH PLAIN ${secret}`), /^235 /)
      smtp.close()
    })

    test('fails alike for a wrong user and a wrong password', async () => {
      const replies: string[] = []
      for (const login of [`\0${APP}\0wrong`, '\0nobody@sender.test\0wrong', '\0nobody\0', `\0${APP}\0`]) {
        const smtp = await openSmtp({ port: platform.ports.submissions, tls: true })
        await smtp.command('EHLO client.test')
        replies.push(await smtp.command(`AUTH PLAIN ${Buffer.from(login).toString('base64')}`))
        smtp.close()
      }
      assert.match(replies[0] ?? '', /^535 5\.7\.8 /)
      assert.equal(new Set(replies).size, 1, replies.join('\n'))
    })

    test('commands put behind STARTTLS in clear are not carried out in TLS', async () => {
      const smtp = await plain()
      await smtp.command('EHLO client.test')
      smtp.write('STARTTLS\r\nEHLO injected.test\r\nRSET\r\n')
      assert.match(await smtp.reply(), /^220 /)
      await smtp.startTls()
      assert.match(await smtp.command('NOOP'), /^250 /)
      // Were one of them carried out, its reply would come before that of HELP.
      assert.match(await smtp.command('HELP'), /^214 /)
      smtp.close()
    })
  })

  describe('whom a message is from', () => {
    test('an envelope sender that is not allowed is refused at MAIL', async () => {
      const smtp = await session()
      const reply = await smtp.command('MAIL FROM:<app@other.test>')
      assert.match(reply, /^553 5\.7\.1 .*app@sender\.test is not allowed to send as app@other\.test;/)
      assert.match(await smtp.command('MAIL FROM:<sales@sender.test>'), /^250 /)
      smtp.close()
    })

    test('a From field that is not allowed is refused after the content', async () => {
      for (const from of ['ceo@other.test', `${APP}, ceo@other.test`, `"${APP}" <ceo@other.test>`]) {
        assert.match(await send('kim@remote.test', `From: ${from}\r\n\r\nx`), /^550 5\.7\.1 .*ceo@other\.test/)
      }
      assert.match(await send('kim@remote.test', `Subject: none\r\n\r\nx`), /^550 5\.6\.0 /)
      assert.match(
        await send('kim@remote.test', `From: Sales <sales@sender.test>\r\n\r\nx`),
        /^250 2\.\d\.\d .*queued as/,
      )
    })
  })

  test('Bcc goes; Date, Message-ID and a Received that does not tell the client are added', async () => {
    assert.match(
      await send('bcc@remote.test', `From: ${APP}\r\nBcc: secret@remote.test\r\nSubject: s\r\n\r\nx`),
      /^250 /,
    )
    const { content } = await arrived('bcc@remote.test')
    const header = content.slice(0, content.indexOf('\r\n\r\n'))
    assert.doesNotMatch(content, /^Bcc:|secret@/im)
    assert.equal(header.match(/^Date: /gm)?.length, 1)
    assert.match(header, /^Message-ID: <[^<>@\s]+@(mail\.)?sender\.test>\r?$/m)
    const received = /^Received: .*(?:\r\n[ \t].*)*/m.exec(header)?.[0] ?? ''
    assert.match(received, /by mail\.sender\.test/)
    assert.match(received, /with ESMTPSA/)
    assert.doesNotMatch(header, /127\.0\.0\.1|client\.test|::1/)
  })

  test('a Date and Message-ID that are there stay', async () => {
    const fields = `From: ${APP}\r\nDate: Mon, 4 May 2026 12:00:00 +0000\r\nMessage-ID: <mine@sender.test>\r\n`
    assert.match(await send('kept@remote.test', `${fields}\r\nx`), /^250 /)
    const { content } = await arrived('kept@remote.test')
    assert.equal(content.match(/^Date: Mon, 4 May 2026 12:00:00 \+0000\r$/gm)?.length, 1)
    assert.equal(content.match(/^Message-ID: <mine@sender\.test>\r$/gim)?.length, 1)
  })

  describe('content that servers read differently', () => {
    const smuggled =
      'MAIL FROM:<evil@sender.test>\r\nRCPT TO:<victim@remote.test>\r\nDATA\r\nFrom: evil@sender.test\r\n\r\nevil'
    const ends = [
      '\n.\n',
      '\r.\r',
      '\r\n.\n',
      '\n.\r\n',
      '\r.\r\n',
      '\r\n.\r',
      '\n.\r',
      '\r.\n',
      '\r\n\0.\r\n',
      '\r\n.\0\r\n',
    ]
    for (const [index, end] of ends.entries()) {
      const name = JSON.stringify(end)
      test(`${name} ends no message: what arrives is one, with CRLF only`, async () => {
        const to = `smuggle${index}@remote.test`
        const reply = await send(to, `From: ${APP}\r\nSubject: ${index}\r\n\r\nbefore${end}${smuggled}`)
        if (end.includes('\0')) {
          assert.match(reply, /^554 5\.6\.0 .*NUL/)
          return
        }
        assert.match(reply, /^250 /)
        const { content } = await arrived(to)
        assert.match(content, /before\r\n[^]*MAIL FROM:<evil@sender\.test>\r\n[^]*evil\r\n$/)
        assert.doesNotMatch(content, /[^\r]\n|\r[^\n]|\0/)
        assert.equal(remote.mails.filter((mail) => mail.to.includes('victim@remote.test')).length, 0)
        assert.equal(remote.mails.filter((mail) => mail.to.includes(to)).length, 1)
      })
    }

    test('bare CR and LF become line ends, over-long lines are broken, and the dot at a line start stays', async () => {
      const body = `a\rb\nc\r\n.d\r\n..e\r\n${'x'.repeat(3000)}\r\nend`
      // Dots doubled, as a client does on the wire (RFC 5321, 4.5.2).
      assert.match(await send('bare@remote.test', `From: ${APP}\r\n\r\n${body.replace(/\r\n\./g, '\r\n..')}`), /^250 /)
      const { content } = await arrived('bare@remote.test')
      const text = content.slice(content.indexOf('\r\n\r\n') + 4)
      assert.ok(text.startsWith('a\r\nb\r\nc\r\n.d\r\n..e\r\nxxx'), text.slice(0, 60))
      assert.equal(text.replace(/\r\n /g, '').match(/x+/)?.[0].length, 3000)
      for (const line of content.split('\r\n')) assert.ok(line.length <= 998)
    })

    test('NUL is refused, and the session goes on', async () => {
      const smtp = await opened('kim@remote.test')
      smtp.write(`From: ${APP}\r\n\r\na\0b\r\n.\r\n`)
      assert.match(await smtp.reply(), /^554 5\.6\.0 .*NUL/)
      assert.match(await smtp.command(`MAIL FROM:<${APP}>`), /^250 /)
      smtp.close()
    })
  })

  test('8BITMIME, SMTPUTF8 and DSN parameters reach a receiver that knows them', async () => {
    const smtp = await session()
    const mail = `MAIL FROM:<${APP}> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=order+3D7`
    assert.match(await smtp.command(mail), /^250 /)
    const rcpt = 'RCPT TO:<dsn@remote.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;kim+2Bx@remote.test'
    assert.match(await smtp.command(rcpt), /^250 /)
    assert.match(await smtp.command('DATA'), /^354 /)
    smtp.write(Buffer.from(`From: ${APP}\r\nSubject: grüße\r\n\r\nÜber\r\n.\r\n`))
    assert.match(await smtp.reply(), /^250 /)
    smtp.close()
    const { content } = await arrived('dsn@remote.test')
    assert.match(Buffer.from(content, 'latin1').toString(), /Subject: grüße\r\n\r\nÜber\r\n$/)
    const line = (stage: string, part: string) =>
      remote.lines.find((one) => one.toUpperCase().startsWith(stage) && one.includes(part)) ?? ''
    const sent = line('MAIL', 'order')
    for (const parameter of ['BODY=8BITMIME', 'SMTPUTF8', 'RET=HDRS', 'ENVID=order+3D7', 'SIZE=']) {
      assert.ok(sent.includes(parameter), `${parameter} in ${sent}`)
    }
    const to = line('RCPT', 'dsn@remote.test')
    for (const parameter of ['NOTIFY=SUCCESS,DELAY', 'ORCPT=rfc822;kim+2Bx@remote.test']) {
      assert.ok(to.includes(parameter), `${parameter} in ${to}`)
    }
  })

  test('20 MB arrive octet for octet', async () => {
    const line = `${'0123456789abcdef'.repeat(4)}\r\n`
    const body = line.repeat(Math.ceil((20 * 1024 * 1024) / line.length))
    assert.match(await send('large@remote.test', `From: ${APP}\r\n\r\n${body}end`), /^250 /)
    const { content } = await eventually(() => arrived('large@remote.test'), 60_000)
    const digest = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex')
    assert.equal(digest(content.slice(content.indexOf('\r\n\r\n') + 4)), digest(`${body}end\r\n`))
  })

  test('a new certificate on disk is shown to new connections, and those that are open go on', async () => {
    const open = await session()
    const first = open.fingerprint
    makeCertificate()
    const shown = async (): Promise<string> => {
      const smtp = await openSmtp({ port: platform.ports.submissions, tls: true })
      smtp.close()
      return smtp.fingerprint
    }
    await eventually(async () => assert.notEqual(await shown(), first))
    const upgraded = await plain()
    await upgraded.command('EHLO client.test')
    await upgraded.command('STARTTLS')
    await upgraded.startTls()
    assert.notEqual(upgraded.fingerprint, first)
    assert.match(await open.command('NOOP'), /^250 /)
    upgraded.close()
    open.close()
  })

  test('while the broker does not answer mail is refused for now in bounded time, never accepted', async () => {
    const { broker = 0 } = await platform.pids()
    const smtp = await opened('stopped@remote.test')
    await freeze(broker)
    try {
      const startedAt = Date.now()
      smtp.write(`From: ${APP}\r\n\r\nx\r\n.\r\n`)
      assert.match(await smtp.reply(), /^451 4\.3\.0 /)
      // It answers no ping either, and counts as away after some 15 s.
      assert.ok(Date.now() - startedAt < 120_000)
    } finally {
      process.kill(broker, 'SIGCONT')
    }
    await eventually(
      async () => assert.match(await send('again@remote.test', `From: ${APP}\r\n\r\nx`), /^250 /),
      60_000,
    )
    await arrived('again@remote.test')
    smtp.close()
  })
})
