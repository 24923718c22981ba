import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { handshake } from '../support/tls-probe.ts'

const APP = 'app@sender.test'
const plain = (login: string, password: string): string =>
  `AUTH PLAIN ${Buffer.from(`\0${login}\0${password}`).toString('base64')}`

describe('the SMTP port', () => {
  let remote: Receiver
  let platform: TestPlatform
  before(async () => {
    remote = await startReceiver()
    platform = await startPlatform({ routeTo: remote })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
  })
  const open = (tls = true, from?: string) =>
    openSmtp({
      port: tls ? platform.ports.submissions : platform.ports.submission,
      tls,
      ...(from === undefined ? {} : { localAddress: from }),
    })
  async function session(): Promise<RawSmtp> {
    const smtp = await open()
    await smtp.command('EHLO client.test')
    assert.match(await smtp.command(plain(APP, platform.credential.password)), /^235 /)
    return smtp
  }

  describe('TLS', () => {
    test('1.2 and 1.3 with authenticated encryption are spoken, whatever the client likes best', async () => {
      const port = platform.ports.submissions
      const modern = await handshake(port, {})
      assert.ok(typeof modern !== 'string' && modern.protocol === 'TLSv1.3', JSON.stringify(modern))
      const older = await handshake(port, { maxVersion: 'TLSv1.2' })
      assert.ok(typeof older !== 'string', JSON.stringify(older))
      assert.match(older.cipher, /^ECDHE-.*(GCM|CHACHA20)/)
    })

    const refused = {
      'TLS 1.0': { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
      'TLS 1.1': { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
      CBC: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA' },
      'RSA key exchange': { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:AES256-GCM-SHA384' },
      'finite-field DHE': { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256' },
    } as const
    for (const [name, options] of Object.entries(refused)) {
      test(`${name} is refused`, async () => {
        const result = await handshake(platform.ports.submissions, options)
        assert.ok(typeof result === 'string', JSON.stringify(result))
        // By the server, not by a client that could not say it.
        assert.match(result, /ALERT|ECONNRESET|HANDSHAKE_FAILURE/)
      })
    }
  })

  describe('what is not said in TLS', () => {
    for (const [name, behind] of Object.entries({
      'a command': 'RSET\r\n',
      'a login': `${plain(APP, 'x')}\r\n`,
      'half a command': 'RSE',
      'hundreds of commands': 'NOOP\r\n'.repeat(500),
    })) {
      test(`${name} behind STARTTLS is dropped`, async () => {
        const smtp = await open(false)
        await smtp.command('EHLO client.test')
        smtp.write(`STARTTLS\r\n${behind}`)
        assert.match(await smtp.reply(), /^220 /)
        await smtp.startTls()
        // Nothing is known of before: the first reply is to this.
        assert.match(await smtp.command('HELP'), /^214 /)
        assert.match(await smtp.command(`MAIL FROM:<${APP}>`), /^503 /)
        smtp.close()
      })
    }

    test('a login before TLS is refused and not looked at', async () => {
      const smtp = await open(false)
      await smtp.command('EHLO client.test')
      assert.match(await smtp.command(plain(APP, platform.credential.password)), /^5\d\d /)
      assert.match(await smtp.command('AUTH LOGIN'), /^5\d\d /)
      smtp.close()
    })
  })

  describe('lines', () => {
    for (const [name, octets] of Object.entries({
      'bare LF': 'NOOP\nNOOP\r\n',
      'bare CR': 'NOOP\rNOOP\r\n',
      'LF CR': 'NOOP\n\rNOOP\r\n',
      'CR CR LF': 'NOOP\r\r\nNOOP\r\n',
      NUL: 'NO\0OP\r\nNOOP\r\n',
    })) {
      test(`${name} in a command ends the session, and nothing behind it is carried out`, async () => {
        const smtp = await session()
        smtp.write(`RSET\r\n${octets}`)
        assert.match(await smtp.reply(), /^250 /)
        assert.match(await smtp.reply(), /^500 5\.5\.2 /)
        assert.equal(await smtp.reply(), 'closed')
      })
    }

    test('an end of line that comes in two pieces is one', async () => {
      const smtp = await session()
      smtp.write('NOOP\r')
      await pause(50)
      smtp.write('\nNOOP\r\n')
      assert.match(await smtp.reply(), /^250 /)
      assert.match(await smtp.reply(), /^250 /)
      smtp.close()
    })

    test('a line may have 2048 octets, and that of AUTH 12288; longer ones end nothing but themselves, or the session', async () => {
      const smtp = await session()
      assert.match(await smtp.command(`NOOP ${'x'.repeat(2043)}`), /^250 /)
      assert.match(await smtp.command(`NOOP ${'x'.repeat(2044)}`), /^500 5\.5\.2 /)
      assert.match(await smtp.command('NOOP'), /^250 /)
      smtp.write('x'.repeat(13_000))
      assert.match(await smtp.reply(), /^421 /)
      const login = await open()
      await login.command('EHLO client.test')
      assert.match(await login.command(`AUTH PLAIN ${'A'.repeat(12_276)}`), /^5\d\d /)
      assert.match(await login.command('NOOP'), /^250 /)
      login.close()
    })
  })

  describe('sessions that go nowhere', () => {
    test('ten unknown commands, or twenty before the login, are enough', async () => {
      const logged = await session()
      const replies: string[] = []
      for (let time = 0; time < 12 && !logged.closed; time++) replies.push(await logged.command('XYZZY'))
      assert.match(replies[9] ?? '', /^421 /)
      const stranger = await open()
      let last = ''
      for (let time = 0; time < 25 && !last.startsWith('421'); time++) last = await stranger.command('NOOP')
      assert.match(last, /^421 /)
    })

    test('a hundred refusals without a message are enough', async () => {
      const smtp = await session()
      let last = ''
      let times = 0
      for (; times < 150 && last !== 'closed'; times++) last = await smtp.command('MAIL FROM:<ceo@other.test>')
      assert.ok(times > 99 && times <= 103, String(times))
    })

    test('three wrong logins in a session are enough', async () => {
      const smtp = await open()
      await smtp.command('EHLO client.test')
      for (let time = 0; time < 3; time++)
        assert.match(await smtp.command(plain('nobody@sender.test', 'same')), /^535 /)
      assert.match(await smtp.reply(), /^421 4\.7\.0 /)
    })

    test('an HTTP request is not mail', async () => {
      const smtp = await open(false)
      assert.match(await smtp.command('POST / HTTP/1.1'), /^421 /)
    })
  })
})

describe('guesses and floods', () => {
  let remote: Receiver
  let platform: TestPlatform
  let proxied: number
  before(async () => {
    remote = await startReceiver()
    proxied = await freePort()
    platform = await startPlatform({
      routeTo: remote,
      listeners: [
        { mode: 'STARTTLS', port: proxied, address: '127.0.0.1', proxyProtocol: { trusted: ['127.0.0.1/32'] } },
      ],
      ingress: {
        protection: {
          loginFailures: 3,
          accountFailures: 8,
          blockTime: '1h',
          strangersPerNetwork: 5,
          connections: 40,
          loginDeadline: '2s',
          commandTime: '3s',
          contentTime: '3s',
        },
      },
    })
    // The owner of the account is at home at 127.0.0.1.
    await platform.submit({ to: 'kim@remote.test' })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
  })
  const open = (localAddress: string, tls = true) =>
    openSmtp({ port: tls ? platform.ports.submissions : platform.ports.submission, tls, localAddress })
  async function login(address: string, user: string, password: string): Promise<string> {
    const smtp = await open(address)
    await smtp.command('EHLO client.test')
    const reply = await smtp.command(plain(user, password))
    smtp.close()
    return reply
  }

  test('a network that guesses is blocked, even for what is right, and alike for names that do not exist', async () => {
    const { password } = platform.credential
    for (let time = 0; time < 3; time++) {
      assert.match(await login('127.0.3.1', time === 1 ? APP : 'nobody@sender.test', `guess ${time}`), /^535 5\.7\.8 /)
    }
    const replies = new Set<string>()
    for (const [user, guess] of [
      [APP, password],
      [APP, 'wrong'],
      ['nobody@sender.test', 'wrong'],
    ] as const)
      replies.add(await login('127.0.3.1', user, guess))
    assert.equal(replies.size, 1, [...replies].join('\n'))
    assert.match([...replies][0] ?? '', /^421 4\.7\.0 .* try again in \d+ minutes/)
    assert.match(await login('127.0.3.2', APP, password), /^235 /)
    assert.match(await platform.metrics('ingress'), /postrider_refused_total\{reason="blocked"\} 3/)
  })

  test('a program that goes on with its old password blocks nobody', async () => {
    for (let time = 0; time < 6; time++) assert.match(await login('127.0.4.1', APP, 'the old one'), /^535 /)
    assert.match(await login('127.0.4.1', APP, platform.credential.password), /^235 /)
  })

  test('an account that many networks guess at is open to its owner, and to none of them for a second guess', async () => {
    const networks = Array.from({ length: 14 }, (_, index) => `127.0.5.${index + 1}`)
    for (const [index, network] of networks.entries()) {
      assert.match(await login(network, APP, `guess of ${network}`), /^535 /, `${index}`)
    }
    const second = await Promise.all(networks.slice(-3).map((network) => login(network, APP, `second of ${network}`)))
    for (const reply of second) assert.match(reply, /^421 /)
    assert.match(await login('127.0.0.1', APP, platform.credential.password), /^235 /)
    assert.match(await login('127.0.5.200', APP, platform.credential.password), /^235 /, 'from a new network')
    // And not as if nothing were looked at there.
    assert.match(await login('127.0.0.1', APP, 'wrong'), /^535 /)
  })

  test('a network has five connections without a login; its next is refused, other networks and logged-in ones are not', async () => {
    const idle = await Promise.all(Array.from({ length: 5 }, () => open('127.0.6.1', false)))
    const sixth = await open('127.0.6.1', false)
    assert.match(sixth.greeting, /^421 4\.7\.0 .*from your network/)
    const other = await open('127.0.6.2', false)
    assert.match(other.greeting, /^220 /)
    for (const smtp of [...idle, other]) smtp.close()
  })

  test('strangers who fill their share go, the longest waiting first, and who has logged in stays', async () => {
    const owner = await open('127.0.0.1')
    await owner.command('EHLO client.test')
    assert.match(await owner.command(plain(APP, platform.credential.password)), /^235 /)
    const flood = await Promise.all(Array.from({ length: 30 }, (_, index) => open(`127.0.7.${index + 1}`, false)))
    assert.equal(flood.filter(({ greeting }) => greeting.startsWith('220')).length, 30)
    await eventually(() => assert.ok(flood.filter(({ closed }) => closed).length >= 10))
    assert.match(await login('127.0.0.1', APP, platform.credential.password), /^235 /)
    assert.match(await owner.command('NOOP'), /^250 /)
    for (const smtp of [...flood, owner]) smtp.close()
  })

  test('who does not log in by the deadline goes: in clear, in TLS, in the middle of a handshake, and by drops', async () => {
    const [clear, secure] = [await open('127.0.8.1', false), await open('127.0.8.2')]
    const dead = createConnection({ host: '127.0.0.1', port: platform.ports.submissions, localAddress: '127.0.8.3' })
    const half = await open('127.0.8.4', false)
    await half.command('EHLO client.test')
    assert.match(await half.command('STARTTLS'), /^220 /)
    dead.on('error', () => undefined)
    // The begin of a handshake, an octet at a time.
    const drops = setInterval(() => dead.writable && dead.write(Buffer.from([0x16])), 200)
    const drip = setInterval(() => secure.write('N'), 200)
    assert.match(await clear.reply(), /^421 4\.7\.0 no login in time/)
    assert.match(await secure.reply(), /^421 4\.7\.0 no login in time/)
    await eventually(() => assert.ok(dead.closed || dead.destroyed, 'the half-open handshake'))
    await eventually(() => assert.ok(half.closed, 'STARTTLS without a handshake'))
    clearInterval(drops)
    clearInterval(drip)
    assert.match(await login('127.0.0.1', APP, platform.credential.password), /^235 /)
  })

  test('a session that has logged in may not be kept open by an octet a second, neither in a command nor in a message', async () => {
    const [command, content] = [await open('127.0.0.1'), await open('127.0.0.1')]
    for (const smtp of [command, content]) {
      await smtp.command('EHLO client.test')
      assert.match(await smtp.command(plain(APP, platform.credential.password)), /^235 /)
    }
    await content.command(`MAIL FROM:<${APP}>`)
    await content.command('RCPT TO:<kim@remote.test>')
    assert.match(await content.command('DATA'), /^354 /)
    const drip = setInterval(() => {
      command.write('N')
      content.write('x')
    }, 300)
    assert.match(await command.reply(), /^421 4\.4\.2 /)
    assert.match(await content.reply(), /^421 4\.4\.2 /)
    clearInterval(drip)
  })

  describe('the PROXY protocol', () => {
    /** Opens with these octets before SMTP; the greeting. */
    async function begin(header: Buffer | string, localAddress = '127.0.0.1'): Promise<RawSmtp> {
      return openSmtp({ port: proxied, localAddress, before: header })
    }
    async function guess(header: string, password: string): Promise<string> {
      const smtp = await begin(header)
      await smtp.command('EHLO client.test')
      await smtp.command('STARTTLS')
      await smtp.startTls()
      await smtp.command('EHLO client.test')
      const reply = await smtp.command(plain('nobody@sender.test', password))
      smtp.close()
      return reply
    }

    test("a trusted proxy's client is the one who is judged", async () => {
      const of = (client: string) => `PROXY TCP4 ${client} 198.51.100.1 4711 587\r\n`
      for (let time = 0; time < 3; time++)
        assert.match(await guess(of('203.0.113.7'), `behind a proxy ${time}`), /^535 /)
      assert.match(await guess(of('203.0.113.7'), 'more'), /^421 /)
      assert.match(await guess(of('203.0.113.8'), 'other'), /^535 /)
    })

    test('version 2 is read, and what is behind the header is SMTP', async () => {
      const header = Buffer.from('0d0a0d0a000d0a515549540a2111000cc000020ac6336401dc0401d1', 'hex')
      const smtp = await begin(header)
      assert.match(smtp.greeting, /^220 /)
      assert.match(await smtp.command('EHLO client.test'), /^250-/)
      smtp.close()
    })

    test('anything but a header ends the connection', async () => {
      for (const header of ['EHLO client.test\r\n', 'PROXY TCP4 nonsense\r\n', 'GET / HTTP/1.0\r\n\r\n'])
        assert.equal((await begin(header)).greeting, 'closed')
    })

    test('from anybody else no header is read', async () => {
      const smtp = await begin('PROXY TCP4 203.0.113.9 198.51.100.1 4711 587\r\n', '127.0.9.1')
      assert.match(smtp.greeting, /^(220|421) /)
      assert.match(await smtp.reply(), /^(500|421|503|closed)/)
      smtp.close()
    })
  })
})
