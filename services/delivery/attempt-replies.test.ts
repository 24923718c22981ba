import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { startMailWorld } from '../../test/support/mail-world.ts'
import type { Attempted, MailWorld } from '../../test/support/mail-world.ts'
import type { TransactionOutcome } from './transaction/outcome.ts'
import { selfSigned } from '../../test/support/self-signed.ts'

let world: MailWorld
beforeEach(async () => {
  world = await startMailWorld()
})
afterEach(() => world.stop())

function outcomeOf(attempted: Attempted): TransactionOutcome {
  assert.ok('recipients' in attempted)
  return attempted
}
const short = (attempted: Attempted): string[] =>
  outcomeOf(attempted).recipients.map(({ result, stage, errorCode }) =>
    [result, stage, errorCode].filter(Boolean).join(' '),
  )

async function host(name: string, options: Parameters<MailWorld['host']>[0]) {
  const receiver = await world.host(options)
  world.addresses.set(name, [receiver.host])
  return receiver
}

const noHandshake = { starttls: { send: '220 ok', then: 'close' } } as const

test('REQUIRETLS: an aborted handshake is retried, a host that offers no TLS is not', async () => {
  world.mx.set('cut.test', [[10, 'mx.cut.test']])
  world.mx.set('none.test', [[10, 'mx.none.test']])
  await host('mx.cut.test', { certificate: await selfSigned('mx.cut.test'), script: noHandshake })
  await host('mx.none.test', {})
  assert.deepEqual(short(await world.attempt('kim@cut.test', { requireTls: true })), ['failed starttls TLS'])
  const none = outcomeOf(await world.attempt('kim@none.test', { requireTls: true }))
  assert.match(none.recipients[0]?.reply ?? '', /^550 5\.7\.10 /)
  assert.equal(none.recipients[0]?.retry, undefined)
})

test('after a host that demands TLS, which failed there, the next host is tried; without a next host the message is deferred', async () => {
  const certificate = await selfSigned('mx1.a.test')
  const script = { ...noHandshake, mail: '530 5.7.0 Must issue a STARTTLS command first' }
  await host('mx1.a.test', { certificate, script })
  const second = await host('mx2.a.test', {})
  world.mx.set('a.test', [
    [10, 'mx1.a.test'],
    [20, 'mx2.a.test'],
  ])
  world.mx.set('b.test', [[10, 'mx1.a.test']])
  assert.deepEqual(short(await world.attempt('kim@a.test')), ['delivered final'])
  assert.equal(second.mails.length, 1)
  // The second attempt remembers that TLS fails there, and does not try it.
  for (let count = 0; count < 2; count++)
    assert.deepEqual(short(await world.attempt('kim@b.test')), ['failed starttls TLS'])
})

test('the outcome names the host that refused the connection or the session', async () => {
  const address = world.deadAddress()
  world.addresses.set('mx.dead.test', [address])
  world.mx.set('dead.test', [[10, 'mx.dead.test']])
  assert.deepEqual(outcomeOf(await world.attempt('kim@dead.test')).remote, {
    host: 'mx.dead.test',
    address,
    tls: null,
    dsn: false,
  })
  await host('mx.busy.test', { script: { greeting: '421 busy' } })
  world.mx.set('busy.test', [[10, 'mx.busy.test']])
  assert.equal(outcomeOf(await world.attempt('kim@busy.test')).remote?.host, 'mx.busy.test')
})
