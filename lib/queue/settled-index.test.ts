import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INDEX_LIMITS, SettledIndex } from './settled-index.ts'
import { ACK_WAIT_MS } from '@postrider/broker/streams'

const T = 1_800_000_000_000
const key = (number: number): string => `1m8d${number.toString(36)}/0/0`

test('an attempt is found by the sequence of its record, and another one is not', () => {
  const index = new SettledIndex()
  index.add('a/0/0', 7, T)
  assert.deepEqual(index.find('a/0/0'), [7])
  assert.deepEqual(index.find('a/0/1'), [])
  assert.deepEqual(index.find('a/1/0'), [])
})

test('at 5,000 attempts a second, at least twice the lease is kept, and older entries only up to the limit', () => {
  const index = new SettledIndex()
  const rate = 5000
  const seconds = 400
  for (let second = 0; second < seconds; second++) {
    for (let number = 0; number < rate; number++) {
      index.add(key(second * rate + number), second * rate + number, T + second * 1000)
    }
    index.trim(T + second * 1000)
  }
  const end = T + seconds * 1000
  assert.ok(index.size <= INDEX_LIMITS.maxEntries + 15 * rate, `${index.size} entries`)
  assert.ok(index.floor <= end - 2 * ACK_WAIT_MS)
  for (const age of [1, 30, 60, 90]) {
    const number = (seconds - age) * rate
    assert.deepEqual(index.find(key(number)), [number], `${age} s ago`)
  }
})

test('entries younger than the minimum age are kept, however many there are', () => {
  const index = new SettledIndex({ maxAgeMs: 900_000, minAgeMs: 90_000, maxEntries: 10 })
  for (let number = 0; number < 1000; number++) index.add(key(number), number, T)
  index.trim(T + 89_000)
  assert.equal(index.size, 1000)
  index.trim(T + 120_000)
  assert.equal(index.size, 0)
  assert.ok(index.floor > T && index.floor <= T + 30_000)
})

test('entries older than the maximum age are forgotten', () => {
  const index = new SettledIndex()
  index.add('a/0/0', 1, T)
  index.add('b/0/0', 2, T + 600_000)
  index.trim(T + INDEX_LIMITS.maxAgeMs + 60_000)
  assert.deepEqual(index.find('a/0/0'), [])
  assert.deepEqual(index.find('b/0/0'), [2])
  assert.equal(index.size, 1)
})

test('a million keys have no two hashes alike', () => {
  const index = new SettledIndex()
  for (let number = 0; number < 1_000_000; number++) index.add(key(number), number, T)
  assert.equal(index.size, 1_000_000)
})
