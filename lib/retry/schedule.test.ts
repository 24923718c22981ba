import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextAttempt } from './plan-retry.ts'
import { DEFAULT_RETRY, retryDelay } from './schedule.ts'
import { scheduleTable, times } from './table.ts'

const policies = fc.record({
  firstMs: fc.integer({ min: 1, max: 3_600_000 }),
  capMs: fc.integer({ min: 1, max: 86_400_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  lifetimeMs: fc.integer({ min: 0, max: 10 * 86_400_000 }),
})
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a delay is a whole number within its jitter, and never over the cap by more than that', () => {
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 5000 }), chance, (policy, attempt, random) => {
      const delay = retryDelay(attempt, policy, () => random)
      const exact = Math.min(policy.capMs, policy.firstMs * 2 ** (attempt - 1))
      assert.ok(Number.isSafeInteger(delay) && delay >= 1)
      assert.ok(delay >= Math.floor(exact * (1 - policy.jitter)))
      assert.ok(delay <= Math.ceil(exact * (1 + policy.jitter)))
    }),
  )
})

test('the next attempt is in the future, not sooner than jitter allows, and not after the lifetime', () => {
  fc.assert(
    fc.property(
      policies,
      fc.nat(20 * 86_400_000),
      fc.integer({ min: 1, max: 200 }),
      chance,
      (policy, age, attempt, random) => {
        const now = 1000 + age
        const deadline = 1000 + policy.lifetimeMs
        const next = nextAttempt({ since: 1000, attempt, now, policy, random: () => random })
        if ('expired' in next) return assert.ok(now >= deadline)
        const exact = Math.min(policy.capMs, policy.firstMs * 2 ** (attempt - 1))
        assert.ok(Number.isSafeInteger(next.at) && next.at > now && next.at <= deadline)
        assert.ok(next.at === deadline || next.at - now >= Math.floor(exact * (1 - policy.jitter)))
      },
    ),
  )
})

test('a message is attempted a bounded number of times, the last at the end of its lifetime', () => {
  const patient = policies.map((policy) => ({
    ...policy,
    firstMs: policy.firstMs + 60_000,
    capMs: policy.capMs + 600_000,
    jitter: policy.jitter * 0.9,
  }))
  fc.assert(
    fc.property(patient, chance, (policy, random) => {
      const all = times(policy, random)
      // A delay is rounded to whole milliseconds, so it can be below the exact delay by half a millisecond.
      const shortest = Math.floor(Math.min(policy.firstMs, policy.capMs) * (1 - policy.jitter))
      assert.ok(all.length <= 2 + policy.lifetimeMs / shortest)
      assert.equal(all.at(-1), policy.lifetimeMs)
      assert.deepEqual(all, [...new Set(all)])
    }),
  )
})

test('extreme policies: no jitter, all jitter, a cap below the first delay, no lifetime', () => {
  const policy = { firstMs: 1000, capMs: 5000, jitter: 0, lifetimeMs: 10_000 }
  assert.deepEqual(times(policy, 0.9), [0, 1000, 3000, 7000, 10_000])
  assert.equal(
    retryDelay(3, { ...policy, jitter: 1 }, () => 0),
    1,
  )
  assert.equal(
    retryDelay(3, { ...policy, jitter: 1 }, () => 0.5),
    4000,
  )
  assert.ok(retryDelay(3, { ...policy, jitter: 1 }, () => 1 - Number.EPSILON) <= 8000)
  assert.deepEqual(times({ ...policy, capMs: 400, lifetimeMs: 1000 }, 0.5), [0, 400, 800, 1000])
  assert.deepEqual(times({ ...policy, lifetimeMs: 0 }, 0.5), [0])
  assert.equal(retryDelay(1_000_000, policy), 5000)
})

test('the default makes an attempt at the end of five days, and between 30 and 60 in all', () => {
  for (const chance of [0, 0.5, 1]) {
    const all = times(DEFAULT_RETRY, chance)
    assert.equal(all.at(-1), 5 * 86_400_000)
    assert.ok(all.length > 30 && all.length < 60, `${all.length} attempts`)
  }
})

test('the table in the documentation shows the actual schedule', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'retry-schedule.md'), 'utf8')
  assert.ok(page.includes(scheduleTable(DEFAULT_RETRY)), 'run: node lib/retry/table.ts')
})
