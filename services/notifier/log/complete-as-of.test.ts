import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { NotStoredError } from '@postrider/queue/accept'
import { completeSince, createCompleteAsOf, nextEnd } from './complete-as-of.ts'
import type { CompleteAsOf } from './complete-as-of.ts'

const FRESH = 60

test('the end stays where it was while it is fresh, except that what was deleted is not waited for', () => {
  const known = { seq: 10, askedAt: 100 }
  assert.deepEqual(nextEnd(undefined, known, FRESH), known)
  assert.deepEqual(nextEnd(known, { seq: 12, askedAt: 159 }, FRESH), known)
  assert.deepEqual(nextEnd(known, { seq: 8, askedAt: 159 }, FRESH), { seq: 8, askedAt: 100 })
  assert.deepEqual(nextEnd(known, { seq: 12, askedAt: 160 }, FRESH), { seq: 12, askedAt: 160 })
})

test('the log is complete as of the question, once it has read up to the answer and until that is too long ago', () => {
  const end = { seq: 10, askedAt: 100 }
  assert.equal(completeSince(end, 9, 101, FRESH), undefined)
  assert.equal(completeSince(end, 10, 101, FRESH), 100)
  assert.equal(completeSince(end, 11, 159, FRESH), 100)
  assert.equal(completeSince(end, 11, 160, FRESH), undefined)
  assert.equal(completeSince(undefined, 11, 101, FRESH), undefined)
})

let now: number
let read: number
let asked: string[]
let last: () => Promise<number>
let completeAsOf: CompleteAsOf

beforeEach(() => {
  ;[now, read, asked, last] = [100, 10, [], () => Promise.resolve(10)]
  completeAsOf = createCompleteAsOf({
    placeOf: (id) => ({ stream: `of ${id}`, recordSubject: 'mail' }),
    lastOf: (stream) => {
      asked.push(stream)
      return last()
    },
    readOf: () => read,
    freshMs: FRESH,
    patienceMs: 0,
    clock: () => now,
  })
})

test('the leader of each stream is asked once while its answer is fresh', async () => {
  assert.deepEqual([await completeAsOf('a'), await completeAsOf('a'), await completeAsOf('b')], [100, 100, 100])
  now = 160
  assert.equal(await completeAsOf('a'), 160)
  assert.deepEqual(asked, ['of a', 'of b', 'of a'])
})

test('nothing may be stored while the log is behind, or the leader does not answer', async () => {
  const rejected = (error: unknown) => error instanceof NotStoredError && error.left === 'nothing'
  read = 9
  await assert.rejects(completeAsOf('a'), rejected)
  now = 101
  read = 10
  assert.equal(await completeAsOf('a'), 100)
  last = () => Promise.reject(new Error('away'))
  await assert.rejects(completeAsOf('b'), rejected)
})

test('a log that is a little behind is waited for', async () => {
  const patient = createCompleteAsOf({
    placeOf: () => ({ stream: 'MAIL_0', recordSubject: 'mail.0.new' }),
    lastOf: () => Promise.resolve(10),
    readOf: () => read++,
    patienceMs: 10_000,
  })
  read = 8
  assert.ok((await patient('a')) > 0)
})
