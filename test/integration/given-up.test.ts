import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { errors } from '@nats-io/transport-node'
import { NotStoredError, createAcceptor } from '@postrider/queue/accept'
import { mailPlace } from '@postrider/queue/place'
import { enqueueHeld } from '@postrider/queue/held'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { startBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { envelope } from '../support/envelope.ts'
import { freeze } from '../support/freeze.ts'
import { emptyQueue } from '../support/queue-broker.ts'

let server: TestBroker
let broker: Broker
const { recordSubject, stream } = mailPlace(0)

before(async () => {
  server = await startBroker()
  broker = await openBroker('test', { servers: [server.url], user: 'test', password: 'test' })
})
beforeEach(async () => {
  await emptyQueue(broker)
})
after(async () => {
  await broker.close()
  await server.stop()
})

/** As the ingress does. */
const withdraw = { discard: () => Promise.resolve() }
const store = (id: string, waitMs: number, on = broker) =>
  createAcceptor(on, 1, { waitMs, withdraw }).store(envelope({ id }), Buffer.from('x'))
/** Connected to a broker that the records do not reach. */
function losing(): Broker {
  const publish: Broker['js']['publish'] = (subject, payload, options) =>
    subject === recordSubject ? Promise.reject(new errors.TimeoutError()) : broker.js.publish(subject, payload, options)
  return Object.create(broker, {
    js: { value: Object.create(broker.js, { publish: { value: publish } }) as unknown },
  }) as Broker
}
const records = async () => {
  const { state } = await broker.jsm.streams.info(stream, { subjects_filter: recordSubject })
  return state.subjects?.[recordSubject] ?? 0
}

test('a broker that stands still is waited for while the connection is up', async () => {
  await freeze(server.pid)
  const stored = store('slow', 120_000)
  await pause(12_000)
  process.kill(server.pid, 'SIGCONT')
  await stored
  assert.equal(await records(), 1)
})

test('a message that was given up and is stored all the same is accepted', async () => {
  await freeze(server.pid)
  const stored = store('late', 1000)
  await pause(2500)
  process.kill(server.pid, 'SIGCONT')
  const { seq } = await stored
  assert.equal((await broker.jsm.streams.getMessage(stream, { seq }))?.subject, recordSubject)
  assert.equal(await records(), 1)
})

test('a message that was given up and did not reach the broker cannot be stored later', async () => {
  await assert.rejects(
    store('lost', 1000, losing()),
    (error) => error instanceof NotStoredError && error.left === 'nothing',
  )
  const { duplicate } = await broker.js.publish(recordSubject, 'what was on its way', { msgID: 'lost' })
  assert.equal(duplicate, true)
  assert.equal(await records(), 0)
})

const again = {
  'a notice or a mail with a code': (on: Broker, waitMs: number) =>
    createAcceptor(on, 1, { waitMs }).store(envelope({ id: 'again' }), Buffer.from('x')),
  'a message that was held for review': (on: Broker, waitMs: number) =>
    enqueueHeld(on, 1, envelope({ id: 'again' }), Buffer.from('x'), { waitMs }),
}
for (const [what, storeAgain] of Object.entries(again)) {
  test(`${what} is stored at the next try when the first did not reach the broker`, async () => {
    await assert.rejects(storeAgain(losing(), 1000), NotStoredError)
    assert.equal(await records(), 0)
    const { seq } = await storeAgain(broker, 10_000)
    assert.equal((await broker.jsm.streams.getMessage(stream, { seq }))?.subject, recordSubject)
    assert.equal(await records(), 1)
  })

  test(`${what} is stored once when the broker took the first try without confirming it`, async () => {
    await freeze(server.pid)
    const first = storeAgain(broker, 1000)
    await assert.rejects(first, NotStoredError)
    process.kill(server.pid, 'SIGCONT')
    const { seq } = await storeAgain(broker, 10_000)
    assert.equal((await broker.jsm.streams.getMessage(stream, { seq }))?.subject, recordSubject)
    assert.equal(await records(), 1)
  })

  test(`${what} does not count as stored when an earlier release had withdrawn its id`, async () => {
    await broker.js.publish(mailPlace(0).partSubject, '', { msgID: 'again' })
    await assert.rejects(storeAgain(broker, 10_000), NotStoredError)
  })
}

test('a repeated message names the parts of the record that is stored, and tells which it stored in vain', async () => {
  const inVain: number[] = []
  const unnamed = (_: string, __: string, parts: number[]) => inVain.push(...parts)
  const acceptor = createAcceptor(broker, 1, { waitMs: 10_000, unnamed })
  const size = 3_000_000
  const first = await acceptor.store(envelope({ id: 'parts' }), Buffer.alloc(size, 'a'))
  const second = await acceptor.store(envelope({ id: 'parts' }), Buffer.alloc(size, 'b'))
  assert.ok(first.parts.length > 0)
  assert.deepEqual(second, first)
  const after = first.seq + 1
  assert.deepEqual(
    inVain,
    first.parts.map((_, n) => after + n),
  )
})

test('a broker that goes away while it is waited for is given up soon, and at once when it is away', async () => {
  await freeze(server.pid)
  const stored = assert.rejects(store('away', 240_000), NotStoredError)
  await pause(500)
  process.kill(server.pid, 'SIGKILL')
  const startedAt = performance.now()
  await stored
  assert.ok(performance.now() - startedAt < 120_000)
  await assert.rejects(store('at once', 240_000), (error) => error instanceof NotStoredError && error.waitedMs === 0)
})
