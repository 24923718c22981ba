import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from './measure.ts'
import { median, table } from './table.ts'

const run = (accept: number): Measured => ({
  accept,
  endToEnd: accept / 2,
  cpuMs: 1,
  rssMb: 10,
  pssMb: 5,
  profile: {},
  duplicates: 0,
})

test('the median of an even number of values is the mean of the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([30, 10, 20]), 20)
})

test('the ratio of a row is the median of the ratios of its pairs, not the ratio of the medians', () => {
  const cell = { dkim: false, sessions: 20, reuse: true, messages: 10 }
  const pairs: [Measured, Measured][] = [
    [run(100), run(300)],
    [run(200), run(200)],
    [run(50), run(100)],
  ]
  const line = table([{ cell, pairs }]).split('\n')[2] ?? ''
  assert.deepEqual(
    line
      .split('|')
      .map((text) => text.trim())
      .slice(2, 7),
    ['accept, msg/s', '100', '200', '2.00', '3.00 1.00 2.00'],
  )
})
