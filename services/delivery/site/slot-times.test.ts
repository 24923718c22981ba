import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlotTimes } from './slot-times.ts'

const known = (ms: number, count = 100): SlotTimes => {
  const times = new SlotTimes()
  for (let n = 0; n < count; n++) times.took(ms)
  return times
}
const ask = (
  times: SlotTimes,
  now: number,
  given: { width?: number; waiting?: number; oldestMs?: number } = {},
): number => times.next(now, { width: 1, waiting: 0, oldestMs: 0, ...given })

test('booked times follow each other at the pace of the site, in whole milliseconds', () => {
  const times = known(1001)
  const booked = Array.from({ length: 5 }, () => ask(times, 0, { width: 2, waiting: 4 }))
  assert.deepEqual(booked, [2503, 3003, 3504, 4004, 4505])
})

test('no booked time is less than 250 ms ahead', () => {
  assert.equal(ask(known(1), 0, { width: 20 }), 250)
})

test('jobs return to an unknown site soon, one after the other', () => {
  const times = new SlotTimes()
  const booked = Array.from({ length: 1000 }, () => ask(times, 0))
  assert.deepEqual([booked[0], booked[99], booked[999]], [250, 1000, 10_000])
})

test('the longer a transaction hangs, the later its jobs return', () => {
  const times = new SlotTimes()
  assert.deepEqual(
    [1000, 2000, 60_000].map((oldestMs) => ask(times, oldestMs, { oldestMs })),
    [1000, 2000, 60_000],
  )
})

test('the jobs of a site that hangs return within about the time that it has hung', () => {
  const times = new SlotTimes()
  const booked = Array.from({ length: 100 }, () => ask(times, 60_000, { oldestMs: 60_000 }))
  assert.ok(
    booked.every((ms) => ms >= 60_000 && ms <= 61_000),
    booked.join(),
  )
  assert.equal(new Set(booked).size, 100, 'they do not come all at once')
})

test('jobs without a free time within two minutes return after that, a hundred each second', () => {
  const times = known(60_000)
  const booked = Array.from({ length: 20_010 }, () => ask(times, 0))
  assert.deepEqual([booked[0], booked[1], booked[2], booked[20_009]], [60_000, 120_000, 120_010, 320_080])
  // A backlog leaves no booking that lasts longer than that.
  assert.ok(ask(times, 120_000) <= 120_000)
})

test('bookings shrink when a site becomes quicker', () => {
  const times = known(60_000, 1)
  for (let count = 0; count < 9; count++) ask(times, 0)
  for (let count = 0; count < 200; count++) times.took(10)
  assert.ok(ask(times, 0) < 1000)
})

test('the first transactions have equal weight, so that the first one does not dominate for long', () => {
  assert.equal(known(5000, 1).transactionMs, 5000)
  const times = known(5000, 1)
  for (let count = 0; count < 9; count++) times.took(0)
  assert.ok((times.transactionMs ?? 0) < 510)
  assert.equal(new SlotTimes().transactionMs, undefined)
})
