import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { selfSigned } from '../support/self-signed.ts'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { policy } from '../support/manifest.ts'

const APP = 'app@sender.test'
const HOUR = 3_600_000
const folder = mkdtempSync(join(tmpdir(), 'postrider-extensions-'))
const offers = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'STARTTLS']

describe('what RFC 6409 and its extensions ask of a submission server', () => {
  const receivers: Record<string, Receiver> = {}
  let platform: TestPlatform
  let secret: string

  before(async () => {
    const certificate = await selfSigned('127.0.0.1')
    writeFileSync(join(folder, 'ca.pem'), certificate.cert)
    process.env['NODE_EXTRA_CA_CERTS'] = join(folder, 'ca.pem')
    receivers['remote.test'] = await startReceiver({ offers, certificate })
    receivers['strict.test'] = await startReceiver({ offers: [...offers, 'REQUIRETLS'], certificate })
    receivers['clear.test'] = await startReceiver({ offers: ['PIPELINING', 'REQUIRETLS'] })
    receivers['forged.test'] = await startReceiver({
      offers: [...offers, 'REQUIRETLS'],
      certificate: await selfSigned('127.0.0.1'),
    })
    receivers['old.test'] = await startReceiver({ offers: ['PIPELINING', '8BITMIME'] })
    receivers['sender.test'] = await startReceiver()
    const documents = Object.entries(receivers).map(([name, receiver]) =>
      policy(name.replace('.', '-'), [name, `xn--bcher-kva.${name}`], receiver),
    )
    platform = await startPlatform({ documents, platform: { retry: { firstDelay: '300ms', lifetime: '1h' } } })
    secret = Buffer.from(`\0${APP}\0${platform.credential.password}`).toString('base64')
  })
  after(async () => {
    delete process.env['NODE_EXTRA_CA_CERTS']
    await platform.stop()
    platform.remove()
    await Promise.all(Object.values(receivers).map((receiver) => receiver.close()))
    rmSync(folder, { recursive: true })
  })

  async function session(): Promise<RawSmtp> {
    const smtp = await openSmtp({ port: platform.ports.submissions, tls: true })
    await smtp.command('EHLO client.test')
    assert.match(await smtp.command(`AUTH PLAIN ${secret}`), /^235 /)
    return smtp
  }
  /** One message; the last reply. */
  async function send(to: string, parameters = '', content = `From: ${APP}\r\nSubject: s\r\n\r\nx`): Promise<string> {
    const smtp = await session()
    try {
      for (const [line, right] of [
        [`MAIL FROM:<${APP}>${parameters}`, '250'],
        [`RCPT TO:<${to}>`, '250'],
        ['DATA', '354'],
      ] as const) {
        smtp.write(Buffer.from(`${line}\r\n`))
        const reply = await smtp.reply()
        if (!reply.startsWith(right)) return reply
      }
      smtp.write(Buffer.from(`${content}\r\n.\r\n`))
      return await smtp.reply()
    } finally {
      smtp.close()
    }
  }
  const idIn = (reply: string): string => /^250 .*queued as (\w+)/.exec(reply)?.[1] ?? assert.fail(reply)
  const mailTo = (address: string) =>
    Object.values(receivers).flatMap(({ mails }) => mails.filter(({ to }) => to.includes(address)))
  const arrived = (address: string) => eventually(() => mailTo(address)[0] ?? assert.fail(`no mail to ${address}`))
  const bounceOf = (address: string) =>
    eventually(
      () =>
        mailTo(APP).find(({ content }) => content.includes(`Final-Recipient: rfc822; ${address}`)) ??
        assert.fail(`no notice about ${address}`),
    )
  const header = (content: string): string => content.slice(0, content.indexOf('\r\n\r\n') + 2)

  describe('CHUNKING', () => {
    test('a message in chunks arrives octet for octet, dots and all, and the session goes on', async () => {
      const smtp = await session()
      const content = `From: ${APP}\r\nSubject: chunks\r\n\r\n.\r\n..\r\nQUIT\r\n`
      const [first, second] = [content.slice(0, 20), content.slice(20)]
      await smtp.command(`MAIL FROM:<${APP}>`)
      await smtp.command('RCPT TO:<chunks@remote.test>')
      // All at once: chunk, command and next transaction in one packet.
      smtp.write(`BDAT 20\r\n${first}BDAT ${second.length}\r\n${second}BDAT 0 LAST\r\nNOOP\r\n`)
      assert.match(await smtp.reply(), /^250 .*20 octets/)
      assert.match(await smtp.reply(), /^250 /)
      assert.match(await smtp.reply(), /^250 .*queued as/)
      assert.match(await smtp.reply(), /^250 /)
      smtp.close()
      const mail = await arrived('chunks@remote.test')
      assert.ok(mail.content.endsWith('\r\n\r\n.\r\n..\r\nQUIT\r\n'), mail.content)
    })

    test('10 MB in chunks of 64 KB', async () => {
      const smtp = await session()
      const body = `${'0123456789'.repeat(7)}\r\n`.repeat(150_000)
      const content = `From: ${APP}\r\n\r\n${body}`
      await smtp.command(`MAIL FROM:<${APP}>`)
      await smtp.command('RCPT TO:<big@remote.test>')
      for (let at = 0; at < content.length; at += 65_536) {
        const chunk = content.slice(at, at + 65_536)
        const last = at + 65_536 >= content.length
        smtp.write(`BDAT ${chunk.length}${last ? ' LAST' : ''}\r\n${chunk}`)
        assert.match(await smtp.reply(), last ? /queued as/ : /^250 /)
      }
      smtp.close()
      const mail = await eventually(() => arrived('big@remote.test'), 60_000)
      assert.equal(mail.content.slice(mail.content.indexOf('\r\n\r\n') + 4), body)
    })

    test('thousands of tiny chunks in one packet are read one by one', async () => {
      const smtp = await session()
      await smtp.command(`MAIL FROM:<${APP}>`)
      await smtp.command('RCPT TO:<tiny@remote.test>')
      const content = `From: ${APP}\r\n\r\n${'y'.repeat(5000)}\r\n`
      smtp.write(`${content.replace(/[^]/g, 'BDAT 1\r\n$&')}BDAT 0 LAST\r\n`)
      for (let octet = 0; octet < content.length; octet++) assert.match(await smtp.reply(), /^250 /)
      assert.match(await smtp.reply(), /queued as/)
      smtp.close()
      assert.match((await arrived('tiny@remote.test')).content, /\r\n\r\ny{998}/)
    })

    test('octets of a chunk out of turn are never taken for commands', async () => {
      const smtp = await session()
      const evil = `MAIL FROM:<${APP}>\r\nRCPT TO:<evil@remote.test>\r\n`
      smtp.write(`BDAT ${evil.length} LAST\r\n${evil}NOOP\r\n`)
      assert.match(await smtp.reply(), /^503 5\.5\.1 /)
      assert.match(await smtp.reply(), /^250 /)
      assert.match(await smtp.command('RCPT TO:<kim@remote.test>'), /^503 /)
      assert.match(await smtp.command('BDAT many'), /^501 5\.5\.4 /)
      await eventually(() => assert.ok(smtp.closed))
    })

    test('DATA and BDAT do not mix, and RSET gives the chunks up', async () => {
      const smtp = await session()
      await smtp.command(`MAIL FROM:<${APP}>`)
      await smtp.command('RCPT TO:<mixed@remote.test>')
      smtp.write('BDAT 3\r\nabc')
      assert.match(await smtp.reply(), /^250 /)
      assert.match(await smtp.command('DATA'), /^503 /)
      assert.match(await smtp.command('RCPT TO:<late@remote.test>'), /^503 /)
      assert.match(await smtp.command('RSET'), /^250 /)
      assert.match(await smtp.command('BDAT 0 LAST'), /^503 /)
      assert.equal(mailTo('mixed@remote.test').length, 0)
      smtp.close()
    })
  })

  describe('FUTURERELEASE', () => {
    test('its limit is announced, and an invalid time, or one too far away, is refused', async () => {
      const smtp = await openSmtp({ port: platform.ports.submissions, tls: true })
      const ehlo = await smtp.command('EHLO client.test')
      smtp.close()
      assert.match(ehlo, /^250[- ]FUTURERELEASE 2592000 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m)
      for (const bad of [
        'HOLDFOR=0',
        'HOLDFOR=-1',
        'HOLDFOR=1.5',
        'HOLDFOR=2592001',
        'HOLDFOR',
        'HOLDUNTIL=tomorrow',
        'HOLDUNTIL=2030-02-31T08:00:00Z',
        'HOLDUNTIL=2099-01-01T00:00:00Z',
        `HOLDFOR=60 HOLDUNTIL=${new Date(Date.now() + HOUR).toISOString()}`,
      ]) {
        assert.match(await send('kim@remote.test', ` ${bad}`), /^501 5\.5\.4 /, bad)
      }
    })

    test('a message is sent at its time and not before, though all was restarted meanwhile', async () => {
      const until = Date.now() + 25_000
      const id = idIn(await send('later@remote.test', ` HOLDUNTIL=${new Date(until).toISOString()}`))
      idIn(await send('both@remote.test', ` HOLDFOR=${Math.ceil((until - Date.now()) / 1000)}`))
      await eventually(async () => {
        const { recipients } = await platform.message(id)
        assert.equal(recipients[0]?.nextAt, until)
      })
      assert.match(
        await platform.cli('queue', 'ls'),
        /later@remote\.test +queued +attempts 0 +next \d{4}-.*scheduled by its sender/,
      )
      assert.match(await platform.cli('queue', 'show', id), /scheduled +\d{4}-/)
      await platform.restart()
      const mail = await eventually(() => arrived('later@remote.test'), 90_000)
      assert.ok(mail.endedAt >= until, `${until - mail.endedAt} ms early`)
      await eventually(() => arrived('both@remote.test'), 30_000)
      assert.equal(mailTo('later@remote.test').length, 1)
    })

    test('a time that is past means at once', async () => {
      idIn(await send('past@remote.test', ' HOLDUNTIL=2020-01-01T00:00:00+01:00'))
      await arrived('past@remote.test')
    })

    test('what is held can be cancelled, and sent before its time', async () => {
      const cancelled = idIn(await send('never@remote.test', ' HOLDFOR=3600'))
      const early = idIn(await send('early@remote.test', ' HOLDFOR=3600'))
      const act = (verb: string, id: string) =>
        eventually(async () => assert.match(await platform.cli('queue', verb, id), /1 waiting job found/))
      await act('cancel', cancelled)
      await act('retry', early)
      await arrived('early@remote.test')
      await eventually(async () => assert.equal((await platform.message(cancelled)).recipients[0]?.state, 'cancelled'))
      assert.equal(mailTo('never@remote.test').length, 0)
    })
  })

  describe('REQUIRETLS', () => {
    test('is offered in TLS only', async () => {
      const smtp = await openSmtp({ port: platform.ports.submission })
      assert.doesNotMatch(await smtp.command('EHLO client.test'), /REQUIRETLS/)
      await smtp.command('STARTTLS')
      await smtp.startTls()
      assert.match(await smtp.command('EHLO client.test'), /^250[- ]REQUIRETLS$/m)
      smtp.close()
    })

    test('a remote with a trusted certificate that offers it too is asked for the same', async () => {
      idIn(await send('tls@strict.test', ' REQUIRETLS'))
      assert.ok((await arrived('tls@strict.test')).secure)
      const mail = receivers['strict.test']?.lines.filter((line) => line.startsWith('MAIL')).at(-1) ?? ''
      assert.match(mail, / REQUIRETLS\b/)
    })

    for (const [name, status, why] of [
      ['remote.test', '5.7.30', 'does not offer it'],
      ['clear.test', '5.7.10', 'has no TLS'],
    ] as const) {
      test(`a remote that ${why} gets nothing, and the sender is notified; other mail goes on`, async () => {
        idIn(await send(`tls@${name}`, ' REQUIRETLS'))
        const notice = await bounceOf(`tls@${name}`)
        assert.match(notice.content, new RegExp(`^Status: ${status.replaceAll('.', '\\.')}\r$`, 'm'))
        assert.equal(mailTo(`tls@${name}`).length, 0)
        idIn(await send(`plain@${name}`, '', `From: ${APP}\r\nTLS-Required: No\r\n\r\nx`))
        assert.match((await arrived(`plain@${name}`)).content, /^TLS-Required: No\r$/m)
      })
    }
  })

  test('REQUIRETLS: a remote whose certificate nobody vouches for gets nothing; the message waits for a better one', async () => {
    const id = idIn(await send('tls@forged.test', ' REQUIRETLS'))
    await eventually(async () => {
      const [recipient] = (await platform.message(id)).recipients
      assert.equal(recipient?.state, 'deferred')
      assert.equal(recipient.outcome?.category, 'tls')
      assert.match(recipient.outcome.reply, /certificate/)
    })
    assert.equal(mailTo('tls@forged.test').length, 0)
    idIn(await send('plain@forged.test', '', `From: ${APP}\r\nTLS-Required: No\r\n\r\nx`))
    await arrived('plain@forged.test')
  })

  describe('SMTPUTF8', () => {
    const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

    test('without it an address that needs it is refused, with it the domain goes on as A-labels', async () => {
      assert.match(await send('kim@bücher.remote.test'), /^553 5\.6\.7 /)
      assert.match(await send('bücher@remote.test'), /^553 5\.6\.7 /)
      idIn(await send('kim@bücher.remote.test', ' SMTPUTF8'))
      await arrived('kim@xn--bcher-kva.remote.test')
      idIn(await send('bücher@remote.test', ' SMTPUTF8'))
      await arrived(utf8('bücher@remote.test'))
    })

    test('a remote without it gets what does not need it; what does comes back', async () => {
      idIn(await send('ascii@old.test', ' SMTPUTF8'))
      await arrived('ascii@old.test')
      assert.doesNotMatch(receivers['old.test']?.lines.join('\n') ?? '', /SMTPUTF8/)
      idIn(await send('header@old.test', ' SMTPUTF8', `From: ${APP}\r\nSubject: grüße\r\n\r\nx`))
      // Go's net/smtp says SMTPUTF8 for every message: 8-bit text in the header does not make it bounce.
      const { content } = await arrived('header@old.test')
      assert.match(Buffer.from(content, 'latin1').toString(), /^Subject: grüße\r$/m)
      idIn(await send('address@old.test', ' SMTPUTF8', `From: ${APP}\r\nCc: grüße@sender.test\r\n\r\nx`))
      assert.match((await bounceOf('address@old.test')).content, /^Status: 5\.6\.7\r$/m)
    })

    test('of two at a remote without it the one with an ASCII address gets the mail', async () => {
      const smtp = await session()
      await smtp.command(`MAIL FROM:<${APP}> SMTPUTF8`)
      for (const to of ['größe@old.test', 'two@old.test']) {
        smtp.write(Buffer.from(`RCPT TO:<${to}>\r\n`))
        assert.match(await smtp.reply(), /^250 /)
      }
      await smtp.command('DATA')
      smtp.write(`From: ${APP}\r\nSubject: two\r\n\r\nx\r\n.\r\n`)
      const id = idIn(await smtp.reply())
      smtp.close()
      await arrived('two@old.test')
      await eventually(async () => {
        const states = (await platform.message(id)).recipients.map(({ address, state }) => `${address} ${state}`)
        assert.deepEqual(states.sort(), ['größe@old.test failed', 'two@old.test delivered'])
      })
    })
  })

  describe('the envelope', () => {
    test('a declared size over the limit is refused before the content', async () => {
      assert.match(await send('kim@remote.test', ' SIZE=99999999999'), /^552 5\.3\.4 /)
      assert.match(await send('kim@remote.test', ' SIZE=many'), /^501 5\.5\.4 /)
      assert.match(await send('size@remote.test', ' SIZE=100'), /^250 /)
    })

    test('parameters that are unknown, doubled or wrong are refused', async () => {
      assert.match(await send('kim@remote.test', ' XYZ=1'), /^555 5\.5\.4 /)
      for (const bad of ['BODY=BINARYMIME', 'RET=SOME', 'SMTPUTF8=1', 'SIZE=1 SIZE=1', 'ENVID=a=b', 'ENVID=+zz']) {
        assert.match(await send('kim@remote.test', ` ${bad}`), /^501 5\.5\.4 /, bad)
      }
    })

    test('quoted local parts, source routes and two spellings of one name arrive as they were meant', async () => {
      const smtp = await session()
      await smtp.command(`MAIL FROM:<${APP}>`)
      const given = [
        '"a b@c"@remote.test',
        '"<>"@remote.test',
        '@one.test,@two.test:routed@remote.test',
        'Kim@remote.test',
        'kim@remote.test',
        'kim@REMOTE.test',
      ]
      for (const to of given) assert.match(await smtp.command(`RCPT TO:<${to}>`), /^250 /, to)
      assert.match(await smtp.command('RCPT TO:<postmaster>'), /^250 /)
      await smtp.command('DATA')
      smtp.write(`From: ${APP}\r\nSubject: spellings\r\n\r\nx\r\n.\r\n`)
      idIn(await smtp.reply())
      smtp.close()
      const { to } = await arrived('routed@remote.test')
      const commands = receivers['remote.test']?.lines.filter((line) => line.startsWith('RCPT')) ?? []
      assert.ok(commands.includes('RCPT TO:<"a b@c"@remote.test>') && commands.includes('RCPT TO:<"<>"@remote.test>'))
      assert.equal(to.filter((address) => address === 'kim@remote.test').length, 1)
      assert.ok(to.includes('Kim@remote.test'))
      await arrived('postmaster@sender.test')
    })

    test('an invalid address is refused at RCPT with the reason', async () => {
      for (const [bad, why] of [
        ['kim', /no @/],
        ['a b@remote.test', /a space/],
        ['a,b@remote.test', /a comma/],
        ['kim@remote.test,lee@remote.test', /one address in each/],
        [`${'x'.repeat(501)}@remote.test`, /512 octets/],
        ['kim@remote..test', /not a valid domain name/],
        ['kim@-remote.test', /not a valid domain name/],
        ['alice@ｅxample.test', /not a valid domain name/],
        [`kim@${'y'.repeat(64)}.test`, /not a valid domain name/],
      ] as const) {
        const reply = await send(bad)
        assert.match(reply, /^501 5\.1\.3 /, bad)
        assert.match(reply, why)
      }
      assert.match(await send('kim@[192.0.2.1]'), /^553 5\.1\.3 /)
      assert.match(await send('kim@localhost'), /^553 5\.1\.3 /)
    })
  })

  describe('Sender and Resent- fields', () => {
    const received = async (to: string, content: string): Promise<string> => {
      idIn(await send(to, '', content))
      return header((await arrived(to)).content)
    }

    test('a Sender that the submitter may use stays; any other is replaced by the login', async () => {
      const kept = await received('s1@remote.test', 'From: a@sender.test\r\nSender: b@sender.test\r\n\r\nx')
      assert.match(kept, /^Sender: b@sender\.test\r$/m)
      const replaced = await received('s2@remote.test', 'From: a@sender.test\r\nSender: ceo@other.test\r\n\r\nx')
      assert.deepEqual(replaced.match(/^Sender: .*/gim), [`Sender: ${APP}`])
      assert.doesNotMatch(replaced, /ceo@/)
      const several = await received('s3@remote.test', 'From: a@sender.test, b@sender.test\r\n\r\nx')
      assert.match(several, /^Sender: app@sender\.test\r$/m)
      assert.doesNotMatch(
        await received('s4@remote.test', `From: ${APP}\r\nSender: ceo@other.test\r\n\r\nx`),
        /^Sender/im,
      )
    })

    test('a block of Resent- fields is made whole, and its sender is looked at like From', async () => {
      const resent = await received(
        'r1@remote.test',
        'X-Before: 1\r\nResent-From: b@sender.test\r\nResent-To: kim@remote.test\r\nResent-Bcc: hidden@remote.test\r\nFrom: a@sender.test\r\n\r\nx',
      )
      assert.match(
        resent,
        /X-Before: 1\r\nResent-Date: [^\r]+\r\nResent-Message-ID: <[^\r]+>\r\nResent-From: b@sender\.test\r\nResent-To: kim@remote\.test\r\nFrom:/,
      )
      const foreign = 'Resent-From: ceo@other.test\r\nFrom: a@sender.test\r\n\r\nx'
      assert.match(await send('r2@remote.test', '', foreign), /^550 5\.7\.1 .*send as ceo@other\.test \(Resent-From\)/)
      const nobody = 'Resent-To: kim@remote.test\r\nFrom: a@sender.test\r\n\r\nx'
      assert.match(await send('r3@remote.test', '', nobody), /^550 5\.6\.0 .*Resent-From/)
    })
  })
})
