import assert from 'node:assert/strict'
import { test } from 'node:test'
import { futureReleaseOffer, readHold, releaseTime } from './future-release.ts'
import { RefusalError } from './refusal.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const offers = { longestHoldMs: 3_600_500, now: NOW }
const read = (holdFor?: string, holdUntil?: string) => readHold(holdFor, holdUntil, offers)

test('the offer names the longest interval and the time at which it ends', () => {
  assert.deepEqual(futureReleaseOffer(offers), ['FUTURERELEASE 3600 2030-01-01T01:00:00Z'])
  assert.deepEqual(futureReleaseOffer({ longestHoldMs: 0, now: NOW }), [])
})

test('an interval counts from now, and a time is used as given', () => {
  assert.equal(releaseTime({ forMs: 5000 }, NOW), NOW + 5000)
  assert.equal(releaseTime({ until: NOW - 5000 }, NOW), NOW - 5000)
})

test('without parameters, or without an offer, a message is not scheduled', () => {
  assert.equal(read(), undefined)
  assert.equal(readHold('60', undefined, { longestHoldMs: 0, now: NOW }), undefined)
})

for (const [text, until] of [
  ['2030-01-01T00:30:00Z', NOW + 1_800_000],
  ['2030-01-01t00:30:00z', NOW + 1_800_000],
  ['2030-01-01T02:30:00.25+02:00', NOW + 1_800_250],
  // In the past: the message is sent at once.
  ['2029-12-31T23:00:00Z', NOW - 3_600_000],
  ['2030-01-01T01:00:00.5Z', NOW + 3_600_500],
] as const)
  test(`HOLDUNTIL=${text} is accepted`, () => assert.deepEqual(read(undefined, text), { until }))

test('HOLDFOR is in seconds', () => assert.deepEqual(read('3600'), { forMs: 3_600_000 }))

for (const [holdFor, holdUntil, why] of [
  ['0', undefined, /HOLDFOR/],
  ['060', undefined, /HOLDFOR/],
  ['1000000000', undefined, /HOLDFOR/],
  ['1.5', undefined, /HOLDFOR/],
  ['-1', undefined, /HOLDFOR/],
  ['3601', undefined, /at most 3600 seconds/],
  ['60', '2030-01-01T00:30:00Z', /not both/],
  [undefined, '2030-01-01T01:00:01Z', /at most 3600 seconds/],
  [undefined, '2030-02-31T00:00:00Z', /HOLDUNTIL/],
  [undefined, '2030-13-01T00:00:00Z', /HOLDUNTIL/],
  [undefined, '2030-01-01T00:30:00', /HOLDUNTIL/],
  [undefined, '2030-01-01 00:30:00Z', /HOLDUNTIL/],
  [undefined, 'tomorrow', /HOLDUNTIL/],
] as const) {
  test(`HOLDFOR=${holdFor ?? ''} HOLDUNTIL=${holdUntil ?? ''} is refused`, () => {
    assert.throws(
      () => read(holdFor, holdUntil),
      (error) => {
        assert.ok(error instanceof RefusalError)
        assert.deepEqual([error.responseCode, error.status, error.reason], [501, '5.5.4', 'parameter'])
        assert.match(error.message, why)
        return true
      },
    )
  })
}
