import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { errors, nanos } from '@nats-io/transport-node'
import { createAcceptor } from '@postrider/queue/accept'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { deferPatiently, enqueueJobs } from '@postrider/queue/defer'
import type { AttemptEvent } from '@postrider/queue/event'
import { EXPIRED_MS } from '@postrider/queue/lease'
import { waitSubject } from '@postrider/broker/names'
import { joinPeers } from '@postrider/queue/peers'
import type { Peers } from '@postrider/queue/peers'
import { createEventLog } from '@postrider/queue/publish-events'
import { decodeJob } from '@postrider/queue/job'
import type { Job } from '@postrider/queue/job'
import { createSettled, eventKey } from '@postrider/queue/settled'
import type { Phase } from '@postrider/queue/stop'
import { ensureStreams } from '@postrider/broker/streams'
import { takeJobs } from '@postrider/queue/take'
import type { Taken, Taker } from '@postrider/queue/take'
import { startBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { envelope } from '../support/envelope.ts'
import { freeze } from '../support/freeze.ts'
import { eventually } from '../support/eventually.ts'
import { emptyQueue } from '../support/queue-broker.ts'

let server: TestBroker
const brokers: Broker[] = []
let broker: Broker

const connect = async (): Promise<Broker> => {
  const connection = await openBroker('test', { servers: [server.url], user: 'test', password: 'test' })
  brokers.push(connection)
  return connection
}
before(async () => {
  server = await startBroker()
  broker = await connect()
})
beforeEach(async () => {
  await emptyQueue(broker)
})
after(async () => {
  for (const connection of brokers) await connection.close()
  await server.stop()
})

interface Worker {
  taken: Taken[]
  lost: [id: string, phase: Phase][]
  taker: Taker
}

/** A worker whose jobs stay in hand until the test does something with them. */
function worker(connection: Broker): Worker {
  const taken: Taken[] = []
  const lost: [string, Phase][] = []
  const taker = takeJobs(connection, {
    shards: 1,
    capacity: 10,
    handle: async (job) => {
      taken.push(job)
      while (!job.over) await pause(20)
    },
    onError: () => undefined,
    onLost: (job, phase) => lost.push([job.envelope.id, phase]),
  })
  return { taken, lost, taker }
}

const store = (id: string) => createAcceptor(broker, 1, { waitMs: 5000 }).store(envelope({ id }), Buffer.from('x'))

test('a lease is renewed for as long as the job is in hand, and the final dot is allowed', async () => {
  const { taken, taker, lost } = worker(broker)
  await store('kept')
  const job = await eventually(() => taken[0] ?? assert.fail())
  assert.ok(job.begin())
  await pause(EXPIRED_MS + 10_000)
  assert.equal(taken.length, 1, 'nobody else was given the job')
  assert.equal(await job.finalDot(), true)
  job.ack()
  await taker.stop()
  assert.deepEqual(lost, [])
})

test('a worker whose broker is silent lets its jobs go before the final dot, and keeps those after it', async () => {
  const { taken, taker, lost } = worker(broker)
  for (const id of ['before', 'after', 'waits']) await store(id)
  const [before, after, waits] = await eventually(() => {
    assert.equal(taken.length, 3)
    return taken
  })
  assert.ok(before && after && waits)
  let cut = 0
  for (const job of [before, after]) {
    assert.ok(job.begin())
    job.onCut(() => cut++)
    job.content()
  }
  assert.equal(await after.finalDot(), true)
  await freeze(server.pid)
  try {
    await pause(EXPIRED_MS - 3000)
    assert.equal(await before.finalDot(), false)
    await pause(6000)
    assert.equal(waits.begin(), false)
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
  assert.equal(before.over, true)
  assert.equal(after.over, false)
  assert.equal(cut, 1, 'the connection of the one before its final dot was cut')
  await eventually(() =>
    assert.deepEqual(lost.sort(), [
      ['after', 'final'],
      ['before', 'content'],
      ['waits', 'waiting'],
    ]),
  )
  // Those that were let go are given out again, to be looked up. The one after its final dot is renewed while its end is waited for.
  await eventually(() => {
    const again = new Set(taken.slice(3).map(({ job }) => job.envelope.id))
    assert.ok(again.has('before') && again.has('waits'))
  }, 120_000)
  assert.ok(taken.slice(3).every(({ suspect }) => suspect))
  for (const job of taken) job.ack()
  await taker.stop()
})

test('a job that another worker settled meanwhile is left before its final dot', async () => {
  const { taken, taker } = worker(broker)
  for (const id of ['open', 'settled', 'unknown']) await store(id)
  await eventually(() => assert.equal(taken.length, 3))
  const answers: Record<string, () => Promise<boolean>> = {
    open: () => Promise.resolve(true),
    settled: () => Promise.resolve(false),
    unknown: () => Promise.reject(new Error('the events cannot be read')),
  }
  const allowed: Record<string, boolean> = {}
  for (const job of taken) {
    const { id } = job.job.envelope
    assert.ok(job.begin())
    job.confirmBeforeDot(answers[id] ?? assert.fail())
    allowed[id] = await job.finalDot()
    assert.equal(job.over, !allowed[id])
  }
  assert.deepEqual(allowed, { open: true, settled: false, unknown: false })
  for (const job of taken) job.ack()
  await taker.stop()
})

test('at a stop what is not begun goes back at once, what sends may finish, and what is sent is waited for', async () => {
  const first = worker(broker)
  for (const id of ['waits', 'begun', 'content', 'final']) await store(id)
  await eventually(() => assert.equal(first.taken.length, 4))
  const by = new Map(first.taken.map((taken) => [taken.job.envelope.id, taken]))
  const cut: string[] = []
  for (const id of ['begun', 'content', 'final']) {
    by.get(id)?.begin()
    by.get(id)?.onCut(() => cut.push(id))
  }
  for (const id of ['content', 'final']) by.get(id)?.content()
  assert.equal(await by.get('final')?.finalDot(), true)
  const second = worker(await connect())
  let stopped = false
  const stop = first.taker.stop({ contentMs: 10_000, finalMs: 600_000 }).then(() => (stopped = true))
  // In this order, and nothing else.
  const ids = () => second.taken.map(({ job }) => job.envelope.id)
  await eventually(() => assert.deepEqual(ids().slice(0, 2).sort(), ['begun', 'waits']), 60_000)
  await eventually(() => assert.deepEqual(ids().slice(2), ['content']), 60_000)
  assert.deepEqual(cut, ['begun', 'content'])
  assert.equal(await by.get('content')?.finalDot(), false)
  assert.equal(stopped, false)
  by.get('final')?.ack()
  await stop
  for (const job of second.taken) job.ack()
  await pause(500)
  assert.equal(second.taken.length, 3)
  await second.taker.stop()
})

test('workers tell each other what they have in flight, also after the broker was killed', async () => {
  const here = new Set<string>()
  const peers: Peers[] = []
  const join = (connection: Broker, inFlight: ReadonlySet<string>): Peers => {
    const made = joinPeers(connection, { inFlightHere: (key) => inFlight.has(key), onError: () => undefined })
    peers.push(made)
    return made
  }
  join(await connect(), here)
  const other = join(await connect(), new Set())
  here.add('a/0/0')
  const answers = await Promise.all(['a/0/0', 'b/0/0', 'a/0/0'].map((key) => other.haveInFlight(key)))
  assert.deepEqual(answers, [true, false, true])
  await server.crash()
  assert.equal(await other.haveInFlight('a/0/0'), true)
  assert.equal(await other.haveInFlight('b/0/0'), false)
  const askedAt = performance.now()
  for (let time = 0; time < 20; time++) await other.haveInFlight('b/0/0')
  assert.ok(performance.now() - askedAt < 20_000, 'known peers answer at once')
  for (const peer of peers) peer.close()
})

const event = (id: string): AttemptEvent => ({
  type: 'attempt',
  at: Date.now(),
  id,
  part: 0,
  attempt: 1,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
  outcomes: [],
})

test('a look-up reads no more of the events than it was asked for, and goes further back when another one needs it', async () => {
  const log = createEventLog(broker, 'delivery')
  const settled = createSettled(broker)
  await log.append(event('old'))
  await pause(1100)
  const middle = Date.now()
  await log.append(event('new'))
  const found = async (id: string, since: number) => (await settled.lookUp(eventKey(event(id)), since))?.id
  assert.equal(await found('new', middle - 500), 'new')
  assert.equal(await found('old', middle - 500), undefined, 'it was not read')
  assert.equal(await found('old', middle - 60_000), 'old')
  await log.append(event('newest'))
  assert.deepEqual(
    await Promise.all([found('newest', middle), found('new', middle), found('never', middle), found('old', middle)]),
    ['newest', 'new', undefined, 'old'],
  )
})

test('a look-up finds an event that is older than what is kept in memory, and the first of two', async () => {
  const limits = { maxAgeMs: 100, minAgeMs: 0, maxEntries: 10 }
  const log = createEventLog(broker, 'delivery')
  const settled = createSettled(broker, limits)
  const start = Date.now() - 1000
  await log.append({ ...event('old'), destination: 'first.test' })
  await log.append(event('other'))
  await pause(500)
  await log.append({ ...event('old'), destination: 'second.test' })
  const found = async (id: string, since: number, until?: number) =>
    (await settled.lookUp(eventKey(event(id)), since, until))?.destination
  assert.deepEqual(
    await Promise.all([
      found('old', start, Date.now()),
      found('never', start, start + 900),
      found('other', start, start + 1200),
    ]),
    ['first.test', undefined, 'remote.test'],
  )
  const late = Date.now() + 1000
  assert.equal(await found('other', late, late), undefined)
  assert.equal(await found('other', start, late), 'remote.test', 'an answer for a shorter time does not count')
  assert.equal(await found('old', start), 'second.test', 'without an outage, only the recent events are searched')
  await log.append(event('never'))
  assert.equal(await found('never', start, late), 'remote.test')
})

test('a look-up finds what this process settled, even for a second record that was stored later', async () => {
  const log = createEventLog(broker, 'delivery')
  const settled = createSettled(broker)
  await log.append(event('own'))
  await pause(300)
  const since = Date.now()
  assert.equal(await settled.lookUp(eventKey(event('own')), since), undefined)
  settled.note(eventKey(event('own')))
  assert.equal(settled.knows(eventKey(event('own'))), true)
  assert.equal((await settled.lookUp(eventKey(event('own')), since))?.id, 'own')
})

test('of two events for one attempt the first counts', async () => {
  const log = createEventLog(broker, 'delivery')
  const settled = createSettled(broker)
  await log.append({ ...event('twice'), destination: 'first.test' })
  await log.append({ ...event('twice'), destination: 'second.test' })
  const found = await settled.lookUp(eventKey(event('twice')), Date.now() - 60_000)
  assert.equal(found?.destination, 'first.test')
})

test('a look-up is right when the events are empty, and when the broker came back without them', async () => {
  const settled = createSettled(broker)
  const log = createEventLog(broker, 'delivery')
  assert.equal(await settled.lookUp('a/0/0', 0), undefined)
  for (const id of ['a', 'b', 'c']) await log.append(event(id))
  assert.equal((await settled.lookUp('c/0/0', 0))?.id, 'c')
  await broker.jsm.streams.delete('EVENTS')
  await ensureStreams(broker.nc, broker.jsm, { shards: 1, replicas: 1, contentBackstopMs: 3.6e6, eventsMs: 3.6e6 })
  assert.equal(await settled.lookUp('c/0/0', 0), undefined)
  await log.append(event('d'))
  assert.equal((await settled.lookUp('d/0/0', 0))?.id, 'd')
})

test('a thousand jobs of one split are written while the disk stalls, and none twice', async () => {
  const jobs = Array.from({ length: 1000 }, (_, place): Job => ({
    envelope: envelope({ id: 'split' }),
    part: place + 1,
    attempt: 0,
    destination: `d${place}.test`,
    content: { stream: 'MAIL_0', seq: 1, parts: [] },
  }))
  const written = enqueueJobs(broker, jobs)
  await pause(20)
  await freeze(server.pid)
  await pause(8000)
  process.kill(server.pid, 'SIGCONT')
  assert.equal(await written, true)
  assert.equal(await enqueueJobs(broker, jobs), true)
  assert.equal((await broker.jsm.streams.info('JOBS')).state.messages, 1000)
})

test('a job whose write is repeated after the broker forgot its id is looked up before it is attempted', async () => {
  const { config } = await broker.jsm.streams.info('JOBS')
  await broker.jsm.streams.update('JOBS', { ...config, duplicate_window: nanos(100) })
  /** The broker stores what is published, and its first confirmation of a job comes too late. */
  const confirmed = new Set<string | undefined>()
  const publish: Broker['js']['publish'] = async (subject, data, options) => {
    const ack = await broker.js.publish(subject, data, options)
    if (confirmed.has(options?.msgID)) return ack
    confirmed.add(options?.msgID)
    await pause(500)
    throw new errors.TimeoutError()
  }
  const js = Object.create(broker.js, { publish: { value: publish } }) as Broker['js']
  const late = Object.create(broker, { js: { value: js } }) as Broker
  const job: Job = {
    envelope: envelope({ id: 'late' }),
    part: 1,
    attempt: 0,
    destination: 'a.test',
    content: { stream: 'MAIL_0', seq: 1, parts: [] },
  }
  const doubts: (boolean | undefined)[] = []
  await enqueueJobs(late, [job])
  for (const seq of [1, 2]) {
    const stored = await broker.jsm.streams.getMessage('JOBS', { seq })
    doubts.push(decodeJob(stored?.data ?? new Uint8Array()).again)
  }
  assert.deepEqual(doubts, [undefined, true])
  await deferPatiently(late, { ...job, attempt: 1 }, Date.now() + 3.6e6)
  const waiting = await broker.jsm.streams.getMessage('JOBS', { last_by_subj: waitSubject('a.test', 'late', 1) })
  assert.equal(decodeJob(waiting?.data ?? new Uint8Array()).again, true)
})

test('a split that another worker makes by now is given up', async () => {
  const job = { envelope: envelope({ id: 'gone' }), part: 1, attempt: 0, destination: 'a.test' }
  const content = { stream: 'MAIL_0', seq: 1, parts: [] }
  assert.equal(await enqueueJobs(broker, [{ ...job, content }], () => false), false)
  assert.equal((await broker.jsm.streams.info('JOBS')).state.messages, 0)
})
