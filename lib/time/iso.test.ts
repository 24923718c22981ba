import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoSeconds } from './iso.ts'

test('a time has whole seconds, even in years of five and more digits', () => {
  assert.equal(isoSeconds(1_999), '1970-01-01T00:00:01Z')
  assert.equal(isoSeconds(253_402_300_800_000), '+010000-01-01T00:00:00Z')
})
