import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextAttempt } from './plan-retry.ts'
import type { RetryQuestion } from './plan-retry.ts'

const policy = { firstMs: 1000, capMs: 8000, jitter: 0, lifetimeMs: 100_000 }
const next = (given: Partial<RetryQuestion>) => nextAttempt({ since: 0, attempt: 1, now: 0, policy, ...given })

test('the next attempt comes after a growing delay', () => {
  assert.deepEqual([next({ attempt: 1, now: 10 }), next({ attempt: 3, now: 10 })], [{ at: 1010 }, { at: 4010 }])
})

test('the last attempt is made at the very end of the lifetime, and none after it', () => {
  assert.deepEqual(next({ attempt: 9, now: 99_999 }), { at: 100_000 })
  assert.deepEqual(next({ attempt: 10, now: 100_000 }), { expired: true })
})

test('nothing expires while the time is not certain, or by a clock that is ahead', () => {
  assert.deepEqual(next({ attempt: 9, now: 100_000, certain: undefined }), { at: 108_000 })
  assert.deepEqual(next({ attempt: 9, now: 100_000, certain: 99_999 }), { at: 108_000 })
  assert.deepEqual(next({ attempt: 9, now: 99_000, certain: 100_000 }), { expired: true })
})
