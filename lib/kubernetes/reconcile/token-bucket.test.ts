import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenBucket } from './token-bucket.ts'

test('a bucket gives its burst at once, then one at a time, and saves no more than the burst however long it rests', () => {
  const bucket = tokenBucket({ burst: 3, perMinute: 6 }, 0)
  const taken = (now: number): number => {
    let count = 0
    while (bucket.take(now) === 0) count++
    return count
  }
  assert.equal(taken(0), 3)
  assert.equal(bucket.full(0), false)
  assert.equal(bucket.take(0), 10_000)
  assert.equal(bucket.take(4000), 6000)
  assert.equal(taken(10_000), 1)
  assert.equal(bucket.full(24 * 3600_000), true)
  assert.equal(taken(24 * 3600_000), 3)
})
