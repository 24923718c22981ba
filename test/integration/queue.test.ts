import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Broker } from '@postrider/broker/connection'
import { createAcceptor } from '@postrider/queue/accept'
import { eraseContent, readContent } from '@postrider/queue/content'
import { noteCancellation, watchCancellations } from '@postrider/queue/cancellations'
import { bringForward, cancel, listWaiting } from '@postrider/queue/control'
import { defer, enqueueJobs } from '@postrider/queue/defer'
import type { AttemptEvent } from '@postrider/queue/event'
import { createEventLog } from '@postrider/queue/publish-events'
import { readStream } from '@postrider/broker/read-stream'
import { attemptKey } from '@postrider/queue/job'
import type { Job } from '@postrider/queue/job'
import { createSettled } from '@postrider/queue/settled'
import { takeJobs } from '@postrider/queue/take'
import type { Taken } from '@postrider/queue/take'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
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

/** Takes jobs into an array; each is acknowledged unless `hold` says otherwise. */
function collect(hold: (taken: Taken) => boolean = () => false) {
  const jobs: Taken[] = []
  const taker = takeJobs(broker, {
    shards: 2,
    capacity: 50,
    handle: async (taken) => {
      jobs.push(taken)
      if (!hold(taken)) taken.ack()
    },
    onError: () => undefined,
  })
  return { jobs, taker }
}

const jobOf = (id: string, destination = 'remote.test'): Job => ({
  envelope: envelope({ id, recipients: [{ address: `kim@${destination}` }] }),
  part: 0,
  attempt: 1,
  destination,
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
})

test('a large message is stored in parts, read back whole, and erased from the files', async () => {
  const content = Buffer.alloc(2_000_000, 'a marker that can be looked for\r\n')
  const acceptor = createAcceptor(broker, 2, { waitMs: 5000 })
  const ref = await acceptor.store(envelope({ id: 'large' }), content)
  assert.equal(ref.parts.length, 4)
  const read: Buffer[] = []
  for await (const piece of readContent(broker, ref)) read.push(piece)
  assert.deepEqual(Buffer.concat(read), content)
  const { jobs, taker } = collect()
  await eventually(() => assert.equal(jobs.length, 1))
  await taker.stop()
  assert.ok(filesHold(server.folder, 'a marker that can be looked for'))
  await eraseContent(broker, ref)
  await eraseContent(broker, ref)
  assert.ok(!filesHold(server.folder, 'a marker that can be looked for'))
})

test('a deferred job comes at its time and not before, also after the broker was killed', async () => {
  const { jobs, taker } = collect()
  const at = Date.now() + 3000
  await defer(broker, jobOf('later'), at)
  await server.crash()
  assert.equal(jobs.length, 0)
  await eventually(() => assert.equal(jobs.length, 1), 20_000)
  assert.ok(Date.now() >= at - 300, 'early')
  assert.equal(jobs[0]?.job.envelope.id, 'later')
  assert.equal(jobs[0].job.attempt, 1)
  await taker.stop()
})

test('what waits can be listed by id and destination, brought forward and cancelled', async () => {
  for (const id of ['w1', 'w2', 'w3'])
    await defer(broker, jobOf(id, id === 'w3' ? 'other.test' : 'remote.test'), Date.now() + 3.6e6)
  const found = async (filter: Parameters<typeof listWaiting>[1]) =>
    (await Array.fromAsync(listWaiting(broker, filter))).map((w) => w.job.envelope.id).sort()
  assert.deepEqual(await found({}), ['w1', 'w2', 'w3'])
  assert.deepEqual(await found({ destination: 'remote.test' }), ['w1', 'w2'])
  assert.deepEqual(await found({ id: 'w3' }), ['w3'])
  const { jobs, taker } = collect()
  for await (const waiting of listWaiting(broker, { id: 'w1' })) {
    assert.equal(await bringForward(broker, waiting), true)
    assert.equal(await bringForward(broker, waiting), false, 'it is no longer waiting')
  }
  for await (const waiting of listWaiting(broker, { id: 'w3' })) assert.equal(await cancel(broker, waiting), true)
  await eventually(() => assert.equal(jobs.length, 2))
  assert.deepEqual(jobs.map(({ job }) => [job.envelope.id, job.cancelled ?? false]).sort(), [
    ['w1', false],
    ['w3', true],
  ])
  assert.deepEqual(await found({}), ['w2'])
  await taker.stop()
})

test('a job that is cancelled stays so when a copy of it comes later; other parts of its message do not', async () => {
  const trouble = { failed: (error: unknown) => assert.fail(String(error)), over: () => undefined }
  const cancellations = await watchCancellations(broker, trouble)
  const job = { ...jobOf('parts'), part: 1 }
  const other = { ...job, part: 2 }
  for (const one of [job, other]) await defer(broker, one, Date.now() + 3.6e6)
  for await (const waiting of listWaiting(broker, { id: 'parts' }))
    if (waiting.job.part === 1) assert.equal(await cancel(broker, waiting), true)
  await eventually(() => assert.equal(cancellations.has(job), true))
  assert.equal(cancellations.has(other), false)
  await noteCancellation(broker, { id: 'parts', destination: job.destination })
  await eventually(() => assert.equal(cancellations.has(other), true))
  assert.equal(cancellations.has(jobOf('parts', 'other.test')), false)
  cancellations.stop()
  for (const subject of ['job.wait.>', 'job.due']) await broker.jsm.streams.purge('JOBS', { filter: subject })
})

test('a stream is read to its end, over records without content, and from the middle', async () => {
  const subject = 'event.reading'
  for (const content of ['one', '', 'three']) await broker.js.publish(subject, content)
  const { state } = await broker.jsm.streams.info('EVENTS')
  const read = async (seq: number): Promise<string[]> => {
    const found: string[] = []
    for await (const record of readStream(broker, 'EVENTS', { seq }, state.last_seq))
      found.push(Buffer.from(record.data).toString())
    return found
  }
  assert.deepEqual((await read(1)).slice(-3), ['one', '', 'three'])
  assert.deepEqual(await read(state.last_seq), ['three'])
  // They are not events: those who read the stream later would not know what to do with them.
  await broker.jsm.streams.purge('EVENTS')
})

test('a job that is set aside makes room for another one, and takes it up again when it is not', async () => {
  const taken: Taken[] = []
  const ends: (() => void)[] = []
  const taker = takeJobs(broker, {
    shards: 2,
    capacity: 4,
    handle: async (one) => {
      taken.push(one)
      await new Promise<void>((resolve) => ends.push(resolve))
      one.ack()
    },
    onError: () => undefined,
  })
  await enqueueJobs(
    broker,
    Array.from({ length: 9 }, (_, n) => ({ ...jobOf(`aside${n}`), attempt: 0 })),
  )
  await eventually(() => assert.equal(taken.length, 4))
  for (const one of taken.slice(0, 4)) one.setAside(true)
  await eventually(() => assert.equal(taken.length, 8))
  assert.equal(taker.inFlight, 8)
  // Two take up room again, and two others end: still four that count.
  for (const one of taken.slice(0, 2)) one.setAside(false)
  for (const end of ends.slice(4, 6)) end()
  await pause(300)
  assert.equal(taken.length, 8)
  for (const end of ends.slice(0, 2)) end()
  await eventually(() => assert.equal(taken.length, 9))
  for (const end of ends) end()
  await eventually(() => assert.equal(taker.inFlight, 0))
  await taker.stop()
})

test('splitting twice yields each job once', async () => {
  const jobs = ['a.test', 'b.test'].map((destination, index) => ({
    ...jobOf('split', destination),
    part: index + 1,
    attempt: 0,
  }))
  await enqueueJobs(broker, jobs)
  await enqueueJobs(broker, jobs)
  const { jobs: taken, taker } = collect()
  await eventually(() => assert.equal(taken.length, 2))
  await pause(300)
  assert.equal(taken.length, 2)
  await taker.stop()
})

test('a job whose outcome is on disk is known as settled by another worker', async () => {
  const job = jobOf('settled')
  const event: AttemptEvent = {
    type: 'attempt',
    at: Date.now(),
    id: 'settled',
    part: 0,
    attempt: 2,
    destination: job.destination,
    content: job.content,
    outcomes: [],
  }
  const settled = createSettled(broker)
  assert.equal(await settled.lookUp(attemptKey(job), Date.now() - 60_000), undefined)
  await createEventLog(broker, 'other').append(event)
  assert.deepEqual(await settled.lookUp(attemptKey(job), Date.now() - 60_000), event)
})

test('a job taken but not acknowledged before the broker was killed is given out again, marked as suspect', async () => {
  const { jobs, taker } = collect((taken) => taken.job.envelope.id === 'held' && !taken.suspect)
  await createAcceptor(broker, 2, { waitMs: 5000 }).store(envelope({ id: 'held' }), Buffer.from('x'))
  await eventually(() => assert.equal(jobs.length, 1))
  await server.crash()
  await eventually(() => assert.equal(jobs.length, 2), 60_000)
  assert.equal(jobs[1]?.suspect, true)
  await taker.stop()
})

function filesHold(folder: string, text: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text),
  )
}
