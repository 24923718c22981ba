import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStartTimeout } from './start-timeout.ts'

/** The second in which the timeout of a broker that reads `octetsPerSecond` expires; at most `limit`. */
function secondsUntilExpiry(octetsPerSecond: (second: number) => number, limit: number): number {
  let second = 0
  let octets = 0
  const timeout = createStartTimeout([{ name: 'broker', pid: 1 }], () => undefined, {
    now: () => second * 1000,
    workOf: () => ({ octets, ticks: 0 }),
  })
  while (second < limit && !timeout.expired()) octets += octetsPerSecond(second++)
  return second
}

test('a broker that reads its store for an hour does not time out', () => {
  assert.equal(
    secondsUntilExpiry(() => 1e6, 3600),
    3600,
  )
})

test('a broker that does nothing times out after two minutes, also when it was busy before', () => {
  assert.equal(
    secondsUntilExpiry(() => 0, 3600),
    121,
  )
  const stopsReading = secondsUntilExpiry((second) => (second < 600 ? 1e6 : 0), 3600)
  assert.ok(stopsReading > 600 && stopsReading < 730, String(stopsReading))
})
