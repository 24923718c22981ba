import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createAcceptor } from '@postrider/queue/accept'
import type { Broker } from '@postrider/broker/connection'
import { deferPatiently, enqueueJobs } from '@postrider/queue/defer'
import { openFatalAttempts } from '@postrider/queue/fatal-attempts'
import { decodeNote } from '@postrider/queue/quarantine'
import { decodeJob } from '@postrider/queue/job'
import { takeJobs } from '@postrider/queue/take'
import type { Taken } from '@postrider/queue/take'
import {
  createIsolation,
  MAX_FATAL_ATTEMPTS,
  MAX_SHARED_DELIVERIES,
  MAX_WAITING_ISOLATED,
} from '../../services/delivery/isolation.ts'
import { MAX_POSTPONED_DELIVERIES, putOff } from '../../services/delivery/put-off.ts'
import type { TestBroker } from '../support/broker.ts'
import { envelope } from '../support/envelope.ts'
import { eventually } from '../support/eventually.ts'
import { noTrouble } from '../support/trouble.ts'
import { startQueueBroker } from '../support/queue-broker.ts'

let server: TestBroker
let broker: Broker

before(async () => {
  ;({ server, broker } = await startQueueBroker())
})
after(async () => {
  await broker.close()
  await server.stop()
})

const take = (handle: (taken: Taken) => Promise<void>) =>
  takeJobs(broker, { shards: 1, capacity: 50, handle, onError: () => undefined })

const jobOf = (id: string) => ({
  envelope: envelope({ id }),
  part: 0,
  attempt: 0,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
})

/** A worker of its own process, which takes one job as often given out as this and dies with the poison. */
async function runWorker(ids: string[]): Promise<number | null> {
  const script = join(import.meta.dirname, 'testdata', 'fatal-worker.ts')
  const child = spawn(process.execPath, [script, server.url, ...ids], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

test('a job that is postponed repeatedly restarts its count, and is not lost', async () => {
  await createAcceptor(broker, 1, { waitMs: 5000 }).store(envelope({ id: 'postponed' }), Buffer.from('x'))
  const seen: [stream: string, deliveries: number, again: boolean][] = []
  const taker = take(async (taken) => {
    seen.push([taken.stream, taken.deliveries, taken.job.again ?? false])
    if (seen.length > MAX_POSTPONED_DELIVERIES + 2) taken.ack()
    else await putOff(taken, 20, broker, Date.now())
  })
  await eventually(() => assert.equal(seen.length, MAX_POSTPONED_DELIVERIES + 3))
  await taker.stop()
  assert.deepEqual(
    seen.map(([stream, deliveries]) => `${stream} ${deliveries}`),
    [
      ...Array.from({ length: MAX_POSTPONED_DELIVERIES }, (_, index) => `MAIL_0 ${index + 1}`),
      'JOBS 1',
      'JOBS 2',
      'JOBS 3',
    ],
  )
  assert.equal(seen.at(-1)?.[2], true, 'its attempt is looked up before it is made')
})

test('a job that ends its worker goes to the quarantine after a few workers; those beside it are attempted', async () => {
  const ended: number[] = []
  // Each turn of the loop is a worker that attempts both, as if it had them in hand when it ended last time.
  for (let worker = 0; worker < 10 && (await quarantinedIds()).length === 0; worker++)
    ended.push((await runWorker(['innocent', 'poison'])) ?? -1)
  assert.equal(ended.length, MAX_FATAL_ATTEMPTS + 1)
  assert.deepEqual(ended.slice(-2), [9, 0])
  const [found] = await quarantinedIds()
  assert.deepEqual(found, ['job', 'poison', MAX_SHARED_DELIVERIES + 1])
  assert.equal(
    await openFatalAttempts(broker, noTrouble).begun('innocent/0/0'),
    1,
    'what was attempted counts no longer',
  )
})

async function quarantinedIds() {
  const { state } = await broker.jsm.streams.info('QUARANTINE')
  const found: [string, string | undefined, number | undefined][] = []
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const record = await broker.jsm.streams.getMessage('QUARANTINE', { seq })
    if (record === null) continue
    const { kind, id, deliveries } = decodeNote(record.header)
    assert.equal(decodeJob(record.data).envelope.id, id)
    found.push([kind, id, deliveries])
  }
  return found
}

test('jobs with few deliveries are not held up by one that is attempted apart', async () => {
  const isolate = createIsolation(broker, openFatalAttempts(broker, noTrouble), () => undefined)
  const story: string[] = []
  let endFirst: () => void = () => undefined
  const run = (id: string, deliveries: number, until: Promise<void>) =>
    isolate({ job: jobOf(id), deliveries } as Partial<Taken> as Taken, async () => {
      story.push(`${id} begins`)
      await until
      story.push(`${id} ends`)
    })
  const first = run('suspect', MAX_SHARED_DELIVERIES + 1, new Promise((resolve) => (endFirst = resolve)))
  const second = run('second', MAX_SHARED_DELIVERIES + 1, Promise.resolve())
  await eventually(() => assert.deepEqual(story, ['suspect begins']))
  await run('usual', 1, Promise.resolve())
  assert.deepEqual(story, ['suspect begins', 'usual begins', 'usual ends'])
  endFirst()
  await Promise.all([first, second])
  assert.deepEqual(story.slice(3), ['suspect ends', 'second begins', 'second ends'])
})

test('a job that even the quarantine refuses stays unacknowledged', async () => {
  const refuseAll = async (bytes: number) => {
    for (const stream of ['QUARANTINE', 'JOBS']) await broker.jsm.streams.update(stream, { max_msg_size: bytes })
  }
  await refuseAll(1)
  try {
    let acknowledged = false
    const attempts = { begun: () => Promise.resolve(MAX_FATAL_ATTEMPTS + 1), ended: () => Promise.resolve() }
    const isolate = createIsolation(broker, attempts, () => assert.fail('it is not in the quarantine'))
    const taken = { job: jobOf('fatal'), deliveries: MAX_SHARED_DELIVERIES + 1, ack: () => (acknowledged = true) }
    await assert.rejects(
      isolate(taken as Partial<Taken> as Taken, () => Promise.resolve()),
      /size exceeds/,
    )
    assert.equal(acknowledged, false)
    await assert.rejects(deferPatiently(broker, jobOf('deferred'), Date.now() + 3.6e6), /size exceeds/)
    await assert.rejects(enqueueJobs(broker, [jobOf('split')]), /size exceeds/)
  } finally {
    await refuseAll(-1)
  }
})

test('jobs that are to be attempted apart do not fill the capacity: beyond a few they are given back', async () => {
  const isolate = createIsolation(broker, openFatalAttempts(broker, noTrouble), () => undefined)
  const { promise: end, resolve } = Promise.withResolvers<undefined>()
  const postponed: number[] = []
  let begun = 0
  const run = (index: number) => {
    const job = { job: jobOf(`apart${index}`), deliveries: MAX_SHARED_DELIVERIES + 1 }
    const taken: Partial<Taken> = { ...job, postpone: () => void postponed.push(index) }
    return isolate(taken as Taken, async () => {
      begun++
      await end
    })
  }
  const first = run(0)
  await eventually(() => assert.equal(begun, 1))
  const others = Array.from({ length: MAX_WAITING_ISOLATED + 2 }, (_, index) => run(index + 1))
  assert.deepEqual(postponed, [MAX_WAITING_ISOLATED + 1, MAX_WAITING_ISOLATED + 2])
  resolve(undefined)
  await Promise.all([first, ...others])
  assert.equal(begun, MAX_WAITING_ISOLATED + 1)
})
