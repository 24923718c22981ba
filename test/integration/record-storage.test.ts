import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import { RecordRefusedError, createAcceptor } from '@postrider/queue/accept'
import type { Broker } from '@postrider/broker/connection'
import { readContent } from '@postrider/queue/content'
import { enqueueJobs } from '@postrider/queue/defer'
import type { QueueEvent } from '@postrider/queue/event'
import { decodeEvents } from '@postrider/queue/decode-events'
import { decodeHeld, hold } from '@postrider/queue/held'
import { createEventLog } from '@postrider/queue/publish-events'
import { decodeNote } from '@postrider/queue/quarantine'
import type { QuarantineNote } from '@postrider/queue/quarantine'
import { readStream } from '@postrider/broker/read-stream'
import type { Job } from '@postrider/queue/job'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import { takeJobs } from '@postrider/queue/take'
import type { Taken } from '@postrider/queue/take'
import type { TestBroker } from '../support/broker.ts'
import { envelope } from '../support/envelope.ts'
import { eventually } from '../support/eventually.ts'
import { startQueueBroker } from '../support/queue-broker.ts'

let server: TestBroker
let broker: Broker

before(async () => {
  ;({ server, broker } = await startQueueBroker({ shards: 2 }))
})
after(async () => {
  await broker.close()
  await server.stop()
})

/** As many recipients as asked for, each with all DSN parameters at their full length (RFC 3461, 4.2). */
const fullEnvelope = (id: string, count: number): Envelope =>
  envelope({
    id,
    envid: 'e'.repeat(100),
    ret: 'FULL',
    recipients: Array.from({ length: count }, (_, index) => ({
      address: `${String(index).padStart(64, 'k')}@remote${index % 7}.test`,
      notify: ['SUCCESS', 'FAILURE', 'DELAY'],
      orcpt: `rfc822;${String(index).padStart(493, 'o')}`,
    })),
  })

/** Takes jobs and acknowledges them. */
function collect() {
  const jobs: Taken[] = []
  const errors: unknown[] = []
  const taker = takeJobs(broker, {
    shards: 2,
    capacity: 50,
    handle: async (taken) => {
      jobs.push(taken)
      taken.ack()
    },
    onError: (error) => errors.push(error),
  })
  return { jobs, errors, taker }
}

const mailBytes = async (): Promise<number> => {
  const infos = await Promise.all(['MAIL_0', 'MAIL_1', 'HELD'].map((stream) => broker.jsm.streams.info(stream)))
  return infos.reduce((sum, { state }) => sum + state.bytes, 0)
}

async function quarantined(): Promise<(QuarantineNote & { data: Uint8Array; seq: number })[]> {
  const { state } = await broker.jsm.streams.info('QUARANTINE')
  if (state.messages === 0) return []
  const found = []
  for await (const { seq, headers, data } of readStream(broker, 'QUARANTINE', { seq: 1 }, state.last_seq))
    found.push({ ...decodeNote(headers), data, seq })
  await broker.jsm.streams.purge('QUARANTINE')
  return found
}

async function contentOf(ref: Parameters<typeof readContent>[1], first?: Uint8Array): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(readContent(broker, ref, { first })))
}

test('1,000 recipients with all DSN parameters are stored, taken and read, whatever the size of the content', async () => {
  const acceptor = createAcceptor(broker, 2, { waitMs: 10_000 })
  for (const [id, size] of [
    ['many-small', 100],
    ['many-large', 2_000_000],
  ] as const) {
    const given = fullEnvelope(id, 1000)
    const content = Buffer.alloc(size, 'all of the content\r\n')
    const ref = await acceptor.store(given, content)
    const { jobs, taker } = collect()
    const [taken] = await eventually(() => {
      assert.equal(jobs.length, 1)
      return jobs
    })
    await taker.stop()
    assert.ok(taken !== undefined)
    assert.deepEqual(taken.job.envelope, given)
    assert.deepEqual(taken.job.content, ref)
    assert.deepEqual(await contentOf(ref, taken.first), content)
    assert.deepEqual(await contentOf(ref), content)
  }
})

test('a record with a large envelope is one that release 6669486 gives back unread, and whose log it can go on from', async () => {
  const ref = await createAcceptor(broker, 1, { waitMs: 10_000 }).store(
    fullEnvelope('neighbour', 1000),
    Buffer.from('x'),
  )
  const record = await broker.jsm.streams.getMessage(ref.stream, { seq: ref.seq })
  const old = JSON.parse(record?.header.get('Postrider-Envelope') ?? '') as Record<string, unknown>
  // Its delivery calls recipients.map before anything else, and gives back what throws.
  // Its log counts and iterates recipients, and owes no notices about a message without a sender.
  assert.equal(old['recipients'], '')
  assert.deepEqual([old['id'], old['from'], old['credential']], ['neighbour', '', ''])
  const { taker, jobs } = collect()
  await eventually(() => assert.equal(jobs.length, 1))
  await taker.stop()
})

test('a held message may have as many recipients', async () => {
  const given = fullEnvelope('held-many', 1000)
  const content = Buffer.alloc(300_000, 'held\r\n')
  const ref = await hold(broker, given, { scanner: 'rspamd', reason: 'r'.repeat(100_000) }, content, { waitMs: 10_000 })
  const record = await broker.jsm.streams.getMessage('HELD', { seq: ref.seq })
  assert.deepEqual(decodeHeld(record?.header, record?.data ?? Buffer.alloc(0)).envelope, given)
  assert.deepEqual(await contentOf(ref), content)
})

test('a record that the broker can never store is refused, and nothing of it stays', async () => {
  const before = await mailBytes()
  const given = fullEnvelope('too-large', 14_000)
  const store = createAcceptor(broker, 2, { waitMs: 10_000 }).store(given, Buffer.alloc(5_000_000))
  await assert.rejects(store, RecordTooLargeError)
  assert.equal(await mailBytes(), before)
})

test('a stream that refuses the record for its size is not a broker that is away', async () => {
  const { config } = await broker.jsm.streams.info('MAIL_0')
  await broker.jsm.streams.update('MAIL_0', { ...config, max_msg_size: 1000 })
  const before = await mailBytes()
  const store = createAcceptor(broker, 1, { waitMs: 10_000 }).store(envelope({ id: 'refused' }), Buffer.alloc(5000))
  await assert.rejects(store, (error) => error instanceof RecordRefusedError && error.left === 'nothing')
  assert.equal(await mailBytes(), before)
  await broker.jsm.streams.update('MAIL_0', { ...config, max_msg_size: -1 })
})

test('records that cannot be read go to the quarantine once, and their neighbours are delivered', async () => {
  const acceptor = createAcceptor(broker, 1, { waitMs: 10_000 })
  await broker.js.publish('mail.0.new', 'garbage')
  await acceptor.store(envelope({ id: 'after-garbage' }), Buffer.from('x'))
  await broker.js.publish('job.due', '{"envelope":')
  await broker.js.publish('job.due', JSON.stringify({ v: 2, of: 'a later release' }))
  const job: Job = {
    envelope: envelope({ id: 'due-after-garbage' }),
    part: 1,
    attempt: 0,
    destination: 'remote.test',
    content: { stream: 'MAIL_0', seq: 1, parts: [] },
  }
  await enqueueJobs(broker, [job])
  const { jobs, errors, taker } = collect()
  await eventually(() =>
    assert.deepEqual(jobs.map((taken) => taken.job.envelope.id).sort(), ['after-garbage', 'due-after-garbage']),
  )
  await eventually(async () => assert.equal((await broker.jsm.streams.info('QUARANTINE')).state.messages, 2))
  await taker.stop()
  assert.equal(errors.length, 3)
  const found = (await quarantined()).sort((a, b) => a.kind.localeCompare(b.kind))
  assert.deepEqual(
    found.map(({ kind, data, origin }) => [kind, Buffer.from(data).toString(), origin?.stream]),
    [
      ['job', '{"envelope":', 'JOBS'],
      ['message', 'garbage', 'MAIL_0'],
    ],
  )
  const { state } = await broker.jsm.streams.info('JOBS')
  assert.equal(state.messages, 1, 'the record of a later release is left alone')
  await broker.jsm.streams.purge('JOBS')
})

test('an event that the broker refuses goes to the quarantine, and those beside it are written', async () => {
  const log = createEventLog(broker, 'test')
  const event = (id: string): QueueEvent => ({ type: 'erase', at: 1, id, envelope: envelope({ id }) })
  const large: QueueEvent = { type: 'erase', at: 1, id: 'large', envelope: fullEnvelope('large', 14_000) }
  await Promise.all([log.append(event('one')), log.append(large), log.append(event('two'))])
  await log.append(event('three'))
  const { state } = await broker.jsm.streams.info('EVENTS')
  const written: string[] = []
  for await (const { data } of readStream(broker, 'EVENTS', { seq: 1 }, state.last_seq))
    for (const { id } of decodeEvents(data)) written.push(id)
  assert.deepEqual(written, ['one', 'two', 'three'])
  const [found] = await quarantined()
  assert.deepEqual([found?.kind, found?.id], ['event', 'large'])
})

test('a job that cannot be written is set aside, and the other jobs of its message go on', async () => {
  const job = (id: string, count: number): Job => ({
    envelope: fullEnvelope(id, count),
    part: 1,
    attempt: 0,
    destination: 'remote.test',
    content: { stream: 'MAIL_0', seq: 1, parts: [] },
  })
  await enqueueJobs(broker, [job('first-part', 2), job('large-part', 14_000), job('last-part', 2)])
  const { jobs, taker } = collect()
  await eventually(() => assert.equal(jobs.length, 2))
  await taker.stop()
  assert.deepEqual(
    (await quarantined()).map(({ kind, id }) => [kind, id]),
    [['job', 'large-part']],
  )
})

test('events that wait for a broker that is away are bounded where the caller asks for that', async () => {
  const log = createEventLog(broker, 'bounded', { maxWaitingBytes: 1000 })
  const event = (id: string): QueueEvent => ({ type: 'erase', at: 1, id, envelope: envelope({ id }) })
  const appended = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => log.append(event(`b${index}`))))
  const dropped = appended.filter(({ status }) => status === 'rejected').length
  assert.ok(dropped > 10 && dropped < 20, String(dropped))
  await log.append(event('later'))
})
