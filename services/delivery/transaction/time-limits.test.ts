import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimeSpan } from './time-limits.ts'

test('a span of time begins where it is made, and what is left of it is never less than nothing', () => {
  let now = 5000
  const span = new TimeSpan(100, () => now)
  assert.deepEqual([span.elapsed, span.left], [0, 100])
  now += 60
  assert.deepEqual([span.elapsed, span.left], [60, 40])
  now += 60
  assert.deepEqual([span.elapsed, span.left], [120, 0])
})
