import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlotTimes } from './slot-times.ts'

test('slot times follow each other at the pace of the site, in whole milliseconds', () => {
  const times = new SlotTimes()
  for (let count = 0; count < 100; count++) times.took(1001)
  const told = Array.from({ length: 5 }, () => times.next(0, 2, 4))
  assert.deepEqual(told, [2503, 3003, 3504, 4004, 4505])
})

test('none is nearer than a quarter of a second or further than ten minutes', () => {
  const times = new SlotTimes()
  times.took(1)
  assert.equal(times.next(0, 20, 0), 250)
  for (let count = 0; count < 100; count++) times.took(60_000)
  for (let count = 0; count < 100; count++) times.next(0, 1, 5)
  assert.equal(times.next(0, 1, 5), 600_000)
  // A backlog leaves no booking behind that lasts longer than that.
  assert.ok(times.next(600_000, 1, 0) <= 120_000)
})

test('the first transactions count fully, so that a first guess does not last', () => {
  const times = new SlotTimes()
  times.took(5000)
  assert.equal(times.next(0, 1, 1), 10_000)
})
