import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { SessionRefusedError } from './outcome.ts'
import { selfSigned } from '../../../test/support/self-signed.ts'
import { TIMEOUTS, remotes } from '../../../test/support/receiver/client.ts'
import type { ReceiverOptions } from '../../../test/support/receiver/receiver.ts'
import { ALL_OFFERS } from '../../../test/support/receiver/server.ts'

describe('connecting', () => {
  const { receive, open } = remotes()

  test('reads what the remote offers', async () => {
    const { capabilities, remote } = await open(await receive({ offers: ALL_OFFERS }))
    assert.deepEqual(capabilities, {
      pipelining: true,
      eightBitMime: true,
      utf8: true,
      dsn: true,
      startTls: false,
      requireTls: false,
      size: 10_000_000,
    })
    assert.equal(remote.tls, null)
  })

  test('says HELO to a server that does not know EHLO', async () => {
    const receiver = await receive({ script: { ehlo: '502 what?' } })
    const { capabilities } = await open(receiver)
    assert.deepEqual(receiver.lines, ['EHLO mail.test', 'HELO mail.test'])
    assert.equal(capabilities.pipelining, false)
  })

  for (const [stage, reply] of [
    ['greeting', '421 4.7.0 too many'],
    ['greeting', '554 5.7.1 go away'],
    ['ehlo', '421 4.3.2 closing'],
    ['ehlo', '450 4.7.1 who are you'],
  ] as const) {
    test(`is turned away by ${reply} at ${stage}`, async () => {
      const receiver = await receive({ script: { [stage]: reply } })
      await assert.rejects(open(receiver), (error: unknown) => {
        assert.ok(error instanceof SessionRefusedError)
        assert.deepEqual([error.stage, error.reply.text], [stage, reply])
        return true
      })
    })
  }

  test('ends with the stage and the reason where no answer comes', async () => {
    const silent = await receive({ script: { greeting: { then: 'hang' } } })
    await assert.rejects(open(silent, { timeouts: { ...TIMEOUTS, greetingMs: 50 } }), {
      name: 'ConnectionBrokenError',
      stage: 'greeting',
      code: 'TIMEOUT',
    })
    const mute = await receive({ script: { ehlo: { then: 'hang' } } })
    await assert.rejects(open(mute, { timeouts: { ...TIMEOUTS, mailMs: 50 } }), { stage: 'ehlo', code: 'TIMEOUT' })
    const shy = await receive({ script: { greeting: { then: 'abrupt' } } })
    await assert.rejects(open(shy), { name: 'ConnectionBrokenError', stage: 'greeting' })
    const web = await receive({ script: { greeting: 'HTTP/1.1 200 OK' } })
    await assert.rejects(open(web, { timeouts: { ...TIMEOUTS, greetingMs: 500 } }), {
      stage: 'greeting',
      code: 'PROTOCOL',
    })
    const gone = await receive({})
    await gone.close()
    await assert.rejects(open(gone), { stage: 'connect', code: 'ECONNREFUSED' })
  })

  test('does not let a greeting that drips buy more time', async () => {
    const receiver = await receive({
      script: { greeting: { raw: `220 ${'x'.repeat(1000)}\r\n`, dripMs: 20 } },
    })
    await assert.rejects(open(receiver, { timeouts: { ...TIMEOUTS, greetingMs: 200 } }), { code: 'TIMEOUT' })
  })

  describe('with TLS', async () => {
    const certificate = await selfSigned('mx.test', '127.0.0.1')

    test('accepts any certificate if TLS is opportunistic', async () => {
      const { remote } = await open(await receive({ certificate }))
      assert.match(remote.tls ?? '', /^TLSv1\.3 /)
    })

    test('does not send STARTTLS if TLS is off', async () => {
      const receiver = await receive({ certificate })
      const { remote } = await open(receiver, { tls: 'off' })
      assert.deepEqual([remote.tls, receiver.lines], [null, ['EHLO mail.test']])
    })

    test('wants a certificate it trusts, for that host, when it is required', async (t) => {
      const receiver = await receive({ certificate })
      await assert.rejects(open(receiver, { tls: 'required' }), {
        name: 'ConnectionBrokenError',
        code: 'TLS',
        stage: 'starttls',
      })
      setDefaultCACertificates([certificate.cert])
      t.after(() => setDefaultCACertificates([]))
      const { remote } = await open(receiver, { tls: 'required' })
      assert.match(remote.tls ?? '', /^TLS/)
      await assert.rejects(open(receiver, { tls: 'required', host: 'other.test' }), { code: 'TLS' })
      await open(receiver, { tls: 'required', host: '127.0.0.1' })
      await assert.rejects(open(receiver, { tls: 'required', host: '127.0.0.2' }), { code: 'TLS' })
      assert.equal(receiver.mails.length, 0)
    })

    const faults: Record<string, ReceiverOptions['script']> = {
      'STARTTLS is not offered': undefined,
      'STARTTLS is put off': { starttls: '454 4.7.0 not now' },
      'STARTTLS is refused': { starttls: '502 5.5.1 no' },
      'the handshake is garbage': {
        starttls: { raw: ['220 ok\r\n', 'rubbish and more rubbish\r\n'], everyMs: 20, then: 'close' },
      },
      'the handshake is cut off': { connections: [{ starttls: { send: '220 ok', then: 'close' } }] },
      'the remote ends it right after the handshake': ({ stage, secure }) =>
        stage === 'ehlo' && secure ? { then: 'abrupt' } : undefined,
    }
    for (const [fault, script] of Object.entries(faults)) {
      const settings = { script, ...(script === undefined ? {} : { certificate }) }

      test(`continues in clear when ${fault} and TLS is opportunistic`, async () => {
        const receiver = await receive(settings)
        const { remote, capabilities } = await open(receiver, { timeouts: { ...TIMEOUTS, greetingMs: 2000 } })
        assert.equal(remote.tls, null)
        assert.equal(capabilities.pipelining, true)
        assert.ok(receiver.connections() <= 2)
      })

      test(`fails temporarily when ${fault} and TLS is required`, async () => {
        const receiver = await receive(settings)
        await assert.rejects(open(receiver, { tls: 'required', timeouts: { ...TIMEOUTS, greetingMs: 2000 } }), {
          name: 'ConnectionBrokenError',
          stage: 'starttls',
        })
        assert.equal(receiver.lines.filter((line) => line.startsWith('MAIL')).length, 0)
      })
    }

    test('discards replies that are injected after the reply to STARTTLS', async () => {
      const receiver = await receive({
        certificate,
        offers: ['STARTTLS'],
        script: { starttls: '220 ok\r\n250-evil\r\n250 PIPELINING' },
      })
      const { remote, capabilities } = await open(receiver)
      // The injected reply was not read as the reply to EHLO: the connection is secure and has no PIPELINING.
      assert.equal(capabilities.pipelining, false)
      assert.equal(receiver.lines.filter((line) => line.startsWith('EHLO')).length, remote.tls === null ? 3 : 2)
    })
  })
})
