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

test('no attempt is planned after the lifetime or in the past, and at its end there is none', () => {
  fc.assert(
    fc.property(
      policies,
      fc.nat(20 * 86_400_000),
      fc.integer({ min: 1, max: 200 }),
      chance,
      (policy, age, attempt, random) => {
        const next = nextAttempt({ acceptedAt: 1000, attempt, now: 1000 + age, policy, random: () => random })
        if ('expired' in next) assert.ok(age >= policy.lifetimeMs)
        else assert.ok(next.at > 1000 + age && next.at <= 1000 + policy.lifetimeMs)
      },
    ),
  )
})

test('the default makes an attempt at the end of five days, and between 30 and 60 in all', () => {
  for (const chance of [0, 0.5, 1]) {
    const all = times(DEFAULT_RETRY, chance)
    assert.equal(all.at(-1), 5 * 86_400_000)
    assert.ok(all.length > 30 && all.length < 60, `${all.length} attempts`)
  }
})

test('the table in the documentation is what the schedule does', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'retry-schedule.md'), 'utf8')
  assert.ok(page.includes(scheduleTable(DEFAULT_RETRY)), 'run: node lib/retry/table.ts')
})
