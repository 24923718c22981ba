import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import type { Envelope } from '@postrider/mail/envelope'
import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import { ContentGoneError } from '@postrider/queue/content'
import { RecordUnavailableError } from '@postrider/broker/read-record'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import { envelope } from '../../../test/support/envelope.ts'
import { createLogWriter } from '../log/apply.ts'
import type { CompleteAsOf } from '../log/complete-as-of.ts'
import { createLogReader } from '../log/read.ts'
import type { LogReader } from '../log/read.ts'
import { openLog } from '../log/schema.ts'
import { createHeldLog } from './held-log.ts'
import type { HeldLog } from './held-log.ts'
import { createReview } from './review.ts'
import type { Review } from './review.ts'

const HELD_AT = 1000
const NOW = 10_000
const CONTENT = { stream: 'HELD', seq: 4, parts: [3] }
const WHY = { scanner: 'clamav', reason: 'Eicar' }

let db: DatabaseSync
let held: HeldLog
let reader: LogReader
let review: Review
/** What was done, in its order. */
let story: string[]
let enqueued: Envelope[]
let ready: boolean
let certain: number | undefined
/** Monotonic, in minutes. */
let minute: number
let completeAsOf: CompleteAsOf
/** What the next step of this name throws. */
let failures: Partial<Record<'read' | 'enqueue' | 'append' | 'erase', Error>>

async function step(name: keyof typeof failures, line: string): Promise<void> {
  await Promise.resolve()
  const failure = failures[name]
  Reflect.deleteProperty(failures, name)
  if (failure !== undefined) throw failure
  story.push(line)
}

beforeEach(() => {
  db = openLog(':memory:')
  held = createHeldLog(db)
  reader = createLogReader(db)
  ;[story, enqueued, ready, certain, failures] = [[], [], true, NOW, {}]
  minute = 5
  completeAsOf = () => Promise.resolve(minute * 60_000)
  review = createReview({
    mail: {
      read: async () => {
        await step('read', 'read')
        return Buffer.from('mail')
      },
      enqueue: async (of, octets) => {
        await step('enqueue', `enqueue ${octets.toString()}`)
        enqueued.push(of)
        return { stream: 'MAIL_0', seq: 9, parts: [] }
      },
      erase: () => step('erase', 'erase'),
    },
    events: { append: (event) => step('append', event.type === 'review' ? event.decision : event.type) },
    reader,
    writer: createLogWriter(db),
    held,
    ready: () => ready,
    decided: ({ decision }) => story.push(`told ${decision}`),
    failed: (id, error) => story.push(`failed ${id} ${error instanceof Error ? error.message : ''}`),
    clock: { now: () => NOW, certain: () => certain },
    completeAsOf: (id) => completeAsOf(id),
    monotonic: () => minute * 60_000,
  })
  held.held(envelope({ id: 'a', acceptedAt: HELD_AT }), WHY, CONTENT)
})
afterEach(() => db.close())

const unconfirmed = () => new NotStoredError(1, {})

describe('a release', () => {
  test('puts the message into the queue, then writes the event, and erases the held content last', async () => {
    assert.deepEqual(await review.release('a'), { done: 'released' })
    assert.deepEqual(story, ['read', 'enqueue mail', 'released', 'told released', 'erase'])
    assert.deepEqual([held.find('a')?.state, held.find('a')?.content], ['released', null])
    assert.equal(reader.known('a'), true)
  })

  test("begins the message's five days, and remembers since when it was held", async () => {
    await review.release('a')
    assert.deepEqual([enqueued[0]?.acceptedAt, enqueued[0]?.heldAt], [NOW, HELD_AT])
  })

  test('that is asked for twice puts one message into the queue', async () => {
    const answers = await Promise.all([review.release('a'), review.release('a')])
    assert.deepEqual(answers, [{ done: 'released' }, { already: 'released' }])
    assert.equal(enqueued.length, 1)
  })

  test('that the queue does not confirm can be repeated, but not turned into a deletion for two minutes', async () => {
    failures.enqueue = unconfirmed()
    assert.ok('failed' in (await review.release('a')))
    assert.ok('failed' in (await review.delete('a')))
    await review.runPending(0)
    assert.deepEqual([story, held.find('a')?.state], [['read'], 'held'])
    assert.deepEqual(await review.release('a'), { done: 'released' })
  })

  test('that is certain not to have been stored can be turned into a deletion at once', async () => {
    for (const error of [
      new NotStoredError(1, { left: 'nothing' }),
      new RecordTooLargeError('content', 2, 1),
      new RecordRefusedError('nothing', {}),
    ]) {
      failures.enqueue = error
      assert.ok('failed' in (await review.release('a')), error.name)
    }
    assert.deepEqual(await review.delete('a'), { done: 'deleted' })
  })

  test('that failed twice is uncertain if one of them was', async () => {
    for (const error of [unconfirmed(), new NotStoredError(0, { left: 'nothing' })]) {
      failures.enqueue = error
      await review.release('a')
    }
    assert.ok('failed' in (await review.delete('a')))
  })

  test('that was not confirmed no longer counts when the log has read what could be stored late, and knows nothing of it', async () => {
    failures.enqueue = unconfirmed()
    await review.release('a')
    minute = 7
    completeAsOf = () => Promise.resolve(6.5 * 60_000)
    assert.ok('failed' in (await review.delete('a')))
    completeAsOf = () => Promise.reject(new NotStoredError(0, { left: 'nothing' }))
    assert.ok('failed' in (await review.delete('a')))
    completeAsOf = () => Promise.resolve(minute * 60_000)
    await review.runPending(0)
    assert.equal(held.find('a')?.state, 'expired')
  })

  test('that was not confirmed and is found in the log is a release', async () => {
    failures.enqueue = unconfirmed()
    await review.release('a')
    minute = 7
    completeAsOf = (id) => {
      createLogWriter(db).message(envelope({ id }), { stream: 'MAIL_0', seq: 1, parts: [] })
      return Promise.resolve(minute * 60_000)
    }
    assert.ok('failed' in (await review.delete('a')))
    await review.runPending(0)
    assert.equal(held.find('a')?.state, 'released')
  })

  test('waits until the log is complete, and finds what an earlier one stored', async () => {
    completeAsOf = (id) => {
      createLogWriter(db).message(envelope({ id }), { stream: 'MAIL_0', seq: 1, parts: [] })
      return Promise.resolve(minute * 60_000)
    }
    assert.deepEqual(await review.release('a'), { already: 'released' })
    assert.deepEqual(enqueued, [])
  })

  test('fails when the content is gone or cannot be read, and leaves the message held', async () => {
    for (const error of [new ContentGoneError(CONTENT), new RecordUnavailableError('HELD', 4, undefined)]) {
      failures.read = error
      assert.ok('failed' in (await review.release('a')), error.name)
    }
    assert.equal(held.find('a')?.state, 'held')
    // Nothing was sent to the queue, so it is certain that it is not there.
    assert.deepEqual(await review.delete('a'), { done: 'deleted' })
  })

  test('passes on a fault that it does not know, and the next decision is made all the same', async () => {
    failures.read = new TypeError('a fault')
    await assert.rejects(review.release('a'), TypeError)
    assert.deepEqual(await review.release('a'), { done: 'released' })
  })
})

test('a deletion writes the event before it erases the content', async () => {
  assert.deepEqual(await review.delete('a'), { done: 'deleted' })
  assert.deepEqual(story, ['deleted', 'told deleted', 'erase'])
})

test('nothing is decided before the log is complete, nor about what is not held', async () => {
  ready = false
  assert.ok('failed' in (await review.delete('a')))
  ready = true
  assert.deepEqual(await review.delete('nothing'), { unknown: true })
  await review.delete('a')
  assert.deepEqual(await review.release('a'), { already: 'deleted' })
  assert.deepEqual(enqueued, [])
})

describe('a turn', () => {
  test('lets expire what was held for long enough', async () => {
    await review.runPending(NOW - HELD_AT + 1)
    assert.deepEqual(story, [])
    await review.runPending(NOW - HELD_AT)
    assert.deepEqual(story, ['expired', 'told expired', 'erase'])
  })

  test('lets nothing expire while the time is not certain', async () => {
    certain = undefined
    await review.runPending(0)
    assert.deepEqual([story, held.find('a')?.state], [[], 'held'])
  })

  test('ends a release that a crash cut off after the queue had the message', async () => {
    createLogWriter(db).message(envelope({ id: 'a' }), { stream: 'MAIL_0', seq: 1, parts: [] })
    assert.deepEqual(await review.delete('a'), { already: 'released' })
    await review.runPending(0)
    assert.deepEqual(story, ['released', 'told released', 'erase'])
  })

  test('goes on with the others when one fails, which is not tried again at once', async () => {
    held.held(envelope({ id: 'b', acceptedAt: HELD_AT + 1 }), WHY, CONTENT)
    failures.append = new Error('no')
    await review.runPending(0)
    assert.deepEqual(story, ['failed a no', 'expired', 'told expired', 'erase'])
    await review.runPending(0)
    assert.equal(held.find('a')?.state, 'held')
  })
})
