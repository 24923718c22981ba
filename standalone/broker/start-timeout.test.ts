import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStartPatience } from './broker-patience.ts'

/** A broker that reads `octetsPerSecond`, asked every second; resolves with the seconds until it is given up, at most `limit`. */
function secondsUntilGivenUp(octetsPerSecond: (second: number) => number, limit: number): number {
  let second = 0
  let octets = 0
  const patience = createStartPatience([{ name: 'broker', pid: 1 }], () => undefined, {
    now: () => second * 1000,
    workOf: () => ({ octets, ticks: 0 }),
  })
  while (second < limit && !patience.over()) octets += octetsPerSecond(second++)
  return second
}

test('a broker that reads its store for an hour is waited for', () => {
  assert.equal(
    secondsUntilGivenUp(() => 1e6, 3600),
    3600,
  )
})

test('a broker that does nothing is given up after two minutes, also when it had begun', () => {
  assert.equal(
    secondsUntilGivenUp(() => 0, 3600),
    121,
  )
  const stopsReading = secondsUntilGivenUp((second) => (second < 600 ? 1e6 : 0), 3600)
  assert.ok(stopsReading > 600 && stopsReading < 730, String(stopsReading))
})
