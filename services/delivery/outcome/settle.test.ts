import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptEvent } from '@postrider/queue/event'
import type { Job } from '@postrider/queue/job'
import { recordingBroker } from '../../../test/support/recording-broker.ts'
import { job, takenJob } from '../../../test/support/taken-job.ts'
import type { Decision } from './decide-outcome.ts'
import { resume, settle, settlePart } from './settle.ts'
import type { SettleDependencies } from './settle.ts'

const WAIT = /^publish job\.wait\./

/** An attempt that defers its only recipient. */
const event: AttemptEvent = {
  type: 'attempt',
  at: 1000,
  id: 'q1',
  part: 0,
  attempt: 1,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
  outcomes: [
    {
      address: 'kim@remote.test',
      state: 'deferred',
      reply: '450 later',
      status: '4.0.0',
      category: 'other',
      stage: 'rcpt',
    },
  ],
  nextAt: 61_000,
}
const deferred = (from: Job = job()): Decision => ({
  event,
  replies: ['450 later'],
  next: { job: { ...from, attempt: 1 }, at: 61_000 },
})
const delivered = (): Decision => ({
  event: { ...event, outcomes: event.outcomes.map((outcome) => ({ ...outcome, state: 'delivered' as const })) },
  replies: ['250 ok'],
})

/** The dependencies of settle, with the event that a lookup in EVENTS finds, or the error that it rejects with. */
function world(found?: AttemptEvent | Error) {
  const story: string[] = []
  const { broker, published, failWith } = recordingBroker(story)
  const dependencies: SettleDependencies = {
    broker,
    events: {
      append: ({ type }) => {
        story.push(`append ${type}`)
        return Promise.resolve()
      },
    },
    settled: {
      note: (key) => void story.push(`note ${key}`),
      knows: () => false,
      lookUp: (key) => {
        story.push(`look up ${key}`)
        return found instanceof Error ? Promise.reject(found) : Promise.resolve(found)
      },
    },
  }
  return { story, published, failWith, dependencies }
}

test('the event is written first, then the retry record, then the job is acknowledged', async () => {
  const { story, dependencies } = world()
  assert.equal(await settle(takenJob(job(), story), deferred(), dependencies), true)
  const [appended, noted, written, acknowledged] = story
  assert.deepEqual([appended, noted, acknowledged, story.length], ['append attempt', 'note q1/0/0', 'ack', 4])
  assert.match(written ?? '', WAIT)
})

test('there is no retry record if all recipients are settled', async () => {
  const { story, dependencies } = world()
  await settle(takenJob(job(), story), delivered(), dependencies)
  assert.deepEqual(story, ['append attempt', 'note q1/0/0', 'ack'])
})

test('nothing is written about a job that was let go', async () => {
  const { story, dependencies } = world()
  const taken = takenJob(job(), story, { settling: () => false })
  assert.equal(await settle(taken, deferred(), dependencies), false)
  assert.deepEqual(story, [])
})

test('the retry record is not marked as a possible duplicate', async () => {
  const { story, dependencies, published } = world()
  await settle(takenJob(job(), story), deferred(job({ again: true, since: 7 })), dependencies)
  const record = published[0]?.json as Job
  assert.deepEqual([record.attempt, 'again' in record, 'since' in record], [1, false, false])
})

test('a failed write of the retry record is repeated before the job is acknowledged', async () => {
  const { story, dependencies, failWith } = world()
  failWith(new Error('the broker is away'))
  await settle(takenJob(job(), story), deferred(), dependencies)
  assert.deepEqual([story.length, story.at(-1)], [4, 'ack'])
})

for (const [what, found, writes] of [
  ['another worker settled the attempt first: its event counts', { ...event, at: 900 }, false],
  ['the first event is its own', event, true],
  ['no event is found', undefined, true],
  ['the lookup fails: a second attempt is better than none', new TypeError('not a time'), true],
] as const) {
  test(`a lease that ended while the event was written: ${what}`, async () => {
    const { story, dependencies, published } = world(found)
    await settle(takenJob(job(), story, { proven: false }), deferred(), dependencies)
    assert.equal(story[2], 'look up q1/0/0')
    assert.equal(
      story.some((line) => WAIT.test(line)),
      writes,
    )
    // Whoever has the job by now may have written the same record.
    const marks = published.map(({ json }) => [(json as Job).again, (json as Job).since])
    assert.deepEqual(marks, writes ? [[true, 500]] : [])
    assert.equal(story.at(-1), 'ack')
  })
}

test('a part of an attempt is recorded without an acknowledgement of the job, and the rest remains', async () => {
  const { story, dependencies } = world()
  const whole = job()
  assert.equal((await settlePart(whole, deferred(), dependencies)).attempt, 1)
  assert.equal(await settlePart(whole, delivered(), dependencies), whole)
  assert.deepEqual(story, ['append attempt', 'note q1/0/0', 'append attempt', 'note q1/0/0'])
})

test('an attempt that was settled but not acknowledged continues from its event', async () => {
  const { story, dependencies, published } = world()
  await resume(takenJob(job(), story), event, dependencies)
  const record = published[0]?.json as Job
  assert.deepEqual([record.attempt, record.again, record.since, record.lastReply], [1, true, 500, '450 later'])
  assert.deepEqual([story.length, story.at(-1)], [2, 'ack'])
})

test('an attempt whose event settles all recipients is only acknowledged', async () => {
  const { story, dependencies } = world()
  await resume(takenJob(job(), story), { ...delivered().event, nextAt: 61_000 }, dependencies)
  assert.deepEqual(story, ['ack'])
})

test('a job that was let go is not resumed', async () => {
  const { story, dependencies } = world()
  await resume(takenJob(job(), story, { settling: () => false }), event, dependencies)
  assert.deepEqual(story, [])
})
