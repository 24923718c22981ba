import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Spread } from './spread.ts'

test('jobs that are postponed together return one after the other, and offsets shrink as time passes', () => {
  const spread = new Spread(10)
  assert.deepEqual([spread.next(0), spread.next(0), spread.next(0)], [10, 20, 30])
  assert.equal(spread.next(25), 15)
  assert.equal(spread.next(5000), 10)
})

test('no job is postponed for more than an hour', () => {
  const spread = new Spread(60_000)
  for (let count = 0; count < 100; count++) spread.next(0)
  assert.equal(spread.next(0), 3_600_000)
})
