import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInside, pullBack, sumOf, whenFree } from './window.ts'
import type { Buckets, WindowShape } from './window.ts'

const SHAPE: WindowShape = { bucketMs: 10, windowMs: 100 }

test('a bucket counts until its last moment has left the window', () => {
  assert.deepEqual([isInside(5, SHAPE, 159), isInside(5, SHAPE, 160)], [true, false])
})

test('it is free when so much has left as is too much, whatever the order of the buckets', () => {
  const buckets: Buckets = [
    [7, 3],
    [5, 2],
    [6, 1],
  ]
  assert.equal(sumOf(buckets), 6)
  assert.deepEqual(
    [1, 2, 3, 4].map((excess) => whenFree(buckets, excess, SHAPE, 0)),
    [160, 160, 170, 180],
  )
  assert.deepEqual(buckets[0], [7, 3])
})

test('waiting does not help one message that is over the limit alone: a window from now is when to look again', () => {
  assert.equal(whenFree([[5, 2]], 3, SHAPE, 1000), 1100)
})

test('what a clock that was ahead counted is counted as of now, and nothing of it is lost', () => {
  const buckets: [number, number, number][] = [
    [4, 1, 1],
    [5, 2, 20],
    [9, 3, 30],
    [7, 4, 40],
  ]
  assert.deepEqual(pullBack(buckets, SHAPE, 55), [
    [4, 1, 1],
    [5, 9, 90],
  ])
  const past = buckets.slice(0, 2)
  assert.equal(pullBack(past, SHAPE, 55), past)
})
