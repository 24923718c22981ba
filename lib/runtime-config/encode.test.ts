import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeConfig } from './encode.ts'
import { DEFAULT_PROTECTION } from './protection.ts'

/** The platform entry as written by the first release with images. */
const FIRST_RELEASE = {
  hostName: 'mail.example.org',
  retry: { firstMs: 60_000, capMs: 3_600_000, jitter: 0.2, lifetimeMs: 432_000_000 },
  notices: { delayedAfterMs: 14_400_000, fullMessageBytes: 65_536, from: 'postmaster@mail.example.org' },
  placeholderMs: 7_776_000_000,
  resolvers: [],
  messageBytes: 26_214_400,
  smtpPort: 25,
  timeouts: { connectMs: 1, greetingMs: 1, mailMs: 1, rcptMs: 1, dataMs: 1, blockMs: 1, finalMs: 1 },
}
const decoded = (platform: object) => decodeConfig(new Map([['platform', JSON.stringify(platform)]]))?.platform

test('the entry of an operator of the first release gets all settings that services need', () => {
  const platform = decoded(FIRST_RELEASE)
  assert.equal(platform?.longestHoldMs, 0)
  assert.deepEqual(platform.protection, DEFAULT_PROTECTION)
  assert.equal(platform.hostName, 'mail.example.org')
})

test('settings of an entry are used, and missing ones have their defaults', () => {
  const platform = decoded({ ...FIRST_RELEASE, longestHoldMs: 5000, protection: { loginFailures: 3 } })
  assert.equal(platform?.longestHoldMs, 5000)
  assert.deepEqual(platform.protection, { ...DEFAULT_PROTECTION, loginFailures: 3 })
})

test('a field of a later release is ignored, and without a platform there is no configuration', () => {
  assert.equal(decoded({ ...FIRST_RELEASE, ofLater: { some: 'thing' } })?.smtpPort, 25)
  assert.equal(decodeConfig(new Map([['pools', '[]']])), undefined)
})
