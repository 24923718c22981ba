import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { connect } from './connection.ts'
import type { ConnectOptions, SmtpConnection } from './connection.ts'
import { SessionRefusedError } from './outcome.ts'
import { selfSigned } from '../../../test/support/scripted-receiver/certificate.ts'
import { TIMEOUTS, optionsFor } from '../../../test/support/scripted-receiver/client.ts'
import { startReceiver } from '../../../test/support/scripted-receiver/scripted-receiver.ts'
import type { ScriptedReceiver, ScriptedReceiverOptions } from '../../../test/support/scripted-receiver/script.ts'

describe('connecting', () => {
  const ended: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ended.splice(0)) await end()
  })

  async function receive(options: ScriptedReceiverOptions): Promise<ScriptedReceiver> {
    const receiver = await startReceiver(options)
    ended.push(() => receiver.close())
    return receiver
  }

  async function open(receiver: ScriptedReceiver, given: Partial<ConnectOptions> = {}): Promise<SmtpConnection> {
    const connection = await connect(optionsFor(receiver, given))
    ended.push(() => connection.dialogue.destroy())
    return connection
  }

  test('reads the extensions that the remote announces', async () => {
    const { capabilities, remote } = await open(await receive({}))
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

  test('sends HELO to a server that does not support EHLO', async () => {
    const receiver = await receive({ script: ({ stage }) => (stage === 'ehlo' ? '502 what?' : undefined) })
    const { capabilities } = await open(receiver)
    assert.deepEqual(receiver.lines, ['EHLO mail.test', 'HELO mail.test'])
    assert.equal(capabilities.pipelining, false)
  })

  for (const [stage, reply] of [
    ['connect', '421 4.7.0 too many'],
    ['connect', '554 5.7.1 go away'],
    ['ehlo', '421 4.3.2 closing'],
    ['ehlo', '450 4.7.1 who are you'],
  ] as const) {
    test(`is refused by ${reply} at ${stage}`, async () => {
      const receiver = await receive({ script: (step) => (step.stage === stage ? reply : undefined) })
      await assert.rejects(open(receiver), (error: unknown) => {
        assert.ok(error instanceof SessionRefusedError)
        assert.deepEqual([error.stage, error.reply.text], [stage === 'connect' ? 'greeting' : stage, reply])
        return true
      })
    })
  }

  test('fails with the stage and the reason if no reply comes', async () => {
    const silent = await receive({ script: ({ stage }) => (stage === 'connect' ? { hang: true } : undefined) })
    await assert.rejects(open(silent, { timeouts: { ...TIMEOUTS, greetingMs: 50 } }), {
      name: 'ConnectionBrokenError',
      stage: 'greeting',
      code: 'TIMEOUT',
    })
    const mute = await receive({ script: ({ stage }) => (stage === 'ehlo' ? { hang: true } : undefined) })
    await assert.rejects(open(mute, { timeouts: { ...TIMEOUTS, mailMs: 50 } }), { stage: 'ehlo', code: 'TIMEOUT' })
    const shy = await receive({ script: ({ stage }) => (stage === 'connect' ? { close: true } : undefined) })
    await assert.rejects(open(shy), { name: 'ConnectionBrokenError', stage: 'greeting' })
    const web = await receive({ script: ({ stage }) => (stage === 'connect' ? 'HTTP/1.1 200 OK' : undefined) })
    await assert.rejects(open(web), { stage: 'greeting', code: 'PROTOCOL' })
    const gone = await receive({})
    await gone.close()
    await assert.rejects(open(gone), { stage: 'connect', code: 'ECONNREFUSED' })
  })

  test('times out although the greeting arrives octet by octet', async () => {
    const drip = `220 ${'x'.repeat(1000)}\r\n`
    const receiver = await receive({
      script: ({ stage }) => (stage === 'connect' ? { drip, everyMs: 20 } : undefined),
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

    test('requires a trusted certificate for the host if TLS is required', async () => {
      const receiver = await receive({ certificate })
      await assert.rejects(open(receiver, { tls: 'required' }), {
        name: 'ConnectionBrokenError',
        code: 'TLS',
        stage: 'starttls',
      })
      setDefaultCACertificates([certificate.cert])
      ended.push(() => setDefaultCACertificates([]))
      const { remote } = await open(receiver, { tls: 'required' })
      assert.match(remote.tls ?? '', /^TLS/)
      await assert.rejects(open(receiver, { tls: 'required', host: 'other.test' }), { code: 'TLS' })
      await open(receiver, { tls: 'required', host: '127.0.0.1' })
      await assert.rejects(open(receiver, { tls: 'required', host: '127.0.0.2' }), { code: 'TLS' })
      assert.equal(receiver.mails.length, 0)
    })

    const faults: Record<string, ScriptedReceiverOptions['script']> = {
      'STARTTLS is not offered': undefined,
      'STARTTLS is refused temporarily': ({ stage }) => (stage === 'starttls' ? '454 4.7.0 not now' : undefined),
      'STARTTLS is refused': ({ stage }) => (stage === 'starttls' ? '502 5.5.1 no' : undefined),
      'the handshake is garbage': ({ stage }) =>
        stage === 'starttls'
          ? { raw: ['220 ok\r\n', 'rubbish and more rubbish\r\n'], everyMs: 20, close: 'end' }
          : undefined,
      'the handshake is cut off': ({ stage, connection }) =>
        stage === 'starttls' && connection === 1 ? { close: true, after: '220 ok' } : undefined,
      'the remote closes the connection right after the handshake': ({ stage, secure }) =>
        stage === 'ehlo' && secure ? { close: true } : undefined,
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
        offers: [],
        script: ({ stage }) => (stage === 'starttls' ? '220 ok\r\n250-evil\r\n250 PIPELINING' : undefined),
      })
      const { remote, capabilities } = await open(receiver)
      // The injected reply was not read as the reply to EHLO: the connection is secure and has no PIPELINING.
      assert.equal(capabilities.pipelining, false)
      assert.equal(receiver.lines.filter((line) => line.startsWith('EHLO')).length, remote.tls === null ? 3 : 2)
    })
  })
})
