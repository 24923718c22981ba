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

test('slot times follow each other at the pace of the site, in whole milliseconds', () => {
  const times = known(1001)
  const booked = Array.from({ length: 5 }, () => ask(times, 0, { width: 2, waiting: 4 }))
  assert.deepEqual(booked, [2503, 3003, 3504, 4004, 4505])
})

test('none is nearer than a quarter of a second', () => {
  assert.equal(ask(known(1), 0, { width: 20 }), 250)
})

test('a site that nothing is known of is asked again soon, by one job after the other', () => {
  const times = new SlotTimes()
  const booked = Array.from({ length: 1000 }, () => ask(times, 0))
  assert.deepEqual([booked[0], booked[99], booked[999]], [250, 1000, 10_000])
})

test('while a transaction hangs its jobs return ever more rarely', () => {
  const times = new SlotTimes()
  assert.deepEqual(
    [1000, 2000, 60_000].map((oldestMs) => ask(times, oldestMs, { oldestMs })),
    [1000, 2000, 60_000],
  )
})

test('the jobs of a site that hangs return within about the time for which it has hung', () => {
  const times = new SlotTimes()
  const booked = Array.from({ length: 100 }, () => ask(times, 60_000, { oldestMs: 60_000 }))
  assert.ok(
    booked.every((ms) => ms >= 60_000 && ms <= 61_000),
    booked.join(),
  )
  assert.equal(new Set(booked).size, 100, 'they do not come all at once')
})

test('what finds no time within two minutes returns after that, a hundred jobs a second', () => {
  const times = known(60_000)
  const booked = Array.from({ length: 20_010 }, () => ask(times, 0))
  assert.deepEqual([booked[0], booked[1], booked[2], booked[20_009]], [60_000, 120_000, 120_010, 320_080])
  // A backlog leaves no booking behind that lasts longer than that.
  assert.ok(ask(times, 120_000) <= 120_000)
})

test('a site that becomes quicker is no longer booked for as long as it was when it was slow', () => {
  const times = known(60_000, 1)
  for (let count = 0; count < 9; count++) ask(times, 0)
  for (let count = 0; count < 200; count++) times.took(10)
  assert.ok(ask(times, 0) < 1000)
})

test('the first transactions count fully, so that the first one does not weigh for long', () => {
  assert.equal(known(5000, 1).transactionMs, 5000)
  const times = known(5000, 1)
  for (let count = 0; count < 9; count++) times.took(0)
  assert.ok((times.transactionMs ?? 0) < 510)
  assert.equal(new SlotTimes().transactionMs, undefined)
})
