import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LimitConfig, ThresholdConfig } from '@postrider/runtime-config/config'
import { effectiveLimit } from './effective.ts'
import { judge, lift } from './judge.ts'
import { DAY_MS } from '@postrider/time/day'
import type { Reputation } from './reputation.ts'
import { TALLY_BUCKET_MS, tallyOf } from './tally.ts'
import type { TallyBucket } from './tally.ts'

const HOUR = 3_600_000
const MONDAY = Date.UTC(2026, 4, 4)
const NOON = MONDAY + 12 * HOUR
const threshold: ThresholdConfig = { bouncePercent: 10, spamPercent: 5, minimumRecipients: 100, windowMs: DAY_MS }
const suspension = { suspension: threshold }
const tiers = {
  tiers: {
    levels: [
      { messagesPerDay: 100, afterCleanDays: 1 },
      { messagesPerDay: 1000, recipientsPerDay: 5000, afterCleanDays: 2 },
      { messagesPerDay: 10_000, afterCleanDays: 3 },
    ],
    stepDown: { ...threshold, bouncePercent: 5, minimumRecipients: 10 },
  },
}
const at = (time: number, settled: number, bounced = 0, spam = 0): TallyBucket => [
  Math.floor(time / TALLY_BUCKET_MS),
  settled,
  bounced,
  spam,
]
const evaluate = (
  before: Reputation | undefined,
  rules: Pick<LimitConfig, 'tiers' | 'suspension'>,
  now: number,
  buckets: TallyBucket[],
  resume = '',
): Reputation => judge(before, rules, { buckets, resume }, now)

test('only outcomes that the sender is responsible for count against the sender', () => {
  const cases: [...Parameters<typeof tallyOf>, [number, number, number] | undefined][] = [
    ['delivered', 'other', [1, 0, 0]],
    ['failed', 'unknown-user', [1, 1, 0]],
    ['failed', 'bad-destination-host', [1, 1, 0]],
    ['failed', 'spam-content', [1, 0, 1]],
    ['failed', 'blocklisted', [1, 0, 0]],
    ['failed', 'server-unavailable', [1, 0, 0]],
    ['deferred', 'spam-content', undefined],
  ]
  for (const [state, category, expected] of cases) {
    const tally = tallyOf(state, category)
    assert.deepEqual(tally && [tally.settled, tally.bounced, tally.spam], expected, `${state} ${category}`)
  }
})

test('a suspension requires enough recipients, and the configured percentage', () => {
  const cases: [TallyBucket[], string | undefined][] = [
    [[at(NOON, 99, 99)], undefined],
    [[at(NOON, 100, 9)], undefined],
    [[at(NOON, 100, 10)], 'Bounces'],
    [[at(NOON - 2 * HOUR, 60, 0, 3), at(NOON, 60, 0, 3)], 'Spam'],
    // Outside the window.
    [[at(NOON - 25 * HOUR, 100, 100), at(NOON, 100, 1)], undefined],
  ]
  for (const [buckets, expected] of cases)
    assert.equal(evaluate(undefined, suspension, NOON, buckets).suspended?.reason, expected)
  const { suspended } = evaluate(undefined, suspension, NOON, [at(NOON, 340, 41)])
  assert.deepEqual(suspended, {
    at: NOON,
    reason: 'Bounces',
    recipients: 340,
    percent: 12,
    limitPercent: 10,
    resumable: true,
  })
  assert.equal(evaluate(undefined, {}, NOON, [at(NOON, 340, 340)]).suspended, undefined)
})

test('a suspension stays until it is lifted, whatever else is sent or changed', () => {
  const suspended = evaluate(undefined, suspension, NOON, [at(NOON, 100, 50)], 'old')
  for (const rules of [suspension, {}, tiers])
    assert.equal(evaluate(suspended, rules, NOON + 90 * DAY_MS, [at(NOON, 1e6)], 'old'), suspended)
  assert.equal(evaluate(suspended, suspension, NOON + HOUR, [], ''), suspended)
})

test('a new resume lifts it once in 30 days; earlier outcomes no longer count, later ones do', () => {
  const before = [at(NOON, 100, 50)]
  const suspended = evaluate(undefined, suspension, NOON, before, 'old')
  const later = NOON + HOUR
  const free = evaluate(suspended, suspension, later, before, 'new')
  assert.equal(free.suspended, undefined)
  assert.equal(evaluate(free, suspension, later + 1, before, 'new'), free)
  const after = [...before, at(later + HOUR, 100, 50)]
  const again = evaluate(free, suspension, later + HOUR, after, 'new')
  assert.equal(again.suspended?.resumable, false)
  assert.equal(evaluate(again, suspension, later + 2 * HOUR, after, 'newer'), again)
  // The administrator can lift it, and after the 30 days the tenant can again.
  assert.equal(lift(again, later + 2 * HOUR).suspended, undefined)
  const month = later + 31 * DAY_MS
  assert.equal(evaluate(free, suspension, month, [at(month, 100, 50)], 'new').suspended?.resumable, true)
})

test('a resume that was set before the suspension does not lift it', () => {
  let reputation = evaluate(undefined, suspension, NOON, [], '')
  reputation = evaluate(reputation, suspension, NOON + HOUR, [], 'early')
  reputation = evaluate(reputation, suspension, NOON + 2 * HOUR, [at(NOON, 100, 50)], 'early')
  assert.notEqual(evaluate(reputation, suspension, NOON + 3 * HOUR, [], 'early').suspended, undefined)
})

test('the tier rises with whole clean days of use, and falls at a bad rate', () => {
  const day = (number: number): number => NOON + number * DAY_MS
  const used = (...days: number[]): TallyBucket[] => days.map((number) => at(day(number), 20, 0))
  let reputation = evaluate(undefined, tiers, NOON, [])
  const tierAt = (now: number, buckets: TallyBucket[]): number =>
    (reputation = evaluate(reputation, tiers, now, buckets)).tier
  // The first day is not a whole day; Thursday has no mail.
  assert.equal(tierAt(day(1), used(0, 1)), 0)
  assert.equal(tierAt(day(2), used(0, 1, 2)), 0)
  assert.equal(tierAt(day(4), used(1, 2)), 1)
  assert.equal(tierAt(day(5), used(2, 5)), 1)
  assert.equal(tierAt(day(9), used(5, 6, 8)), 2)
  assert.equal(tierAt(day(30), used(20, 21, 22, 23)), 2)
  // One of 20 is 5 %.
  assert.equal(tierAt(day(31), [at(day(31), 20, 1)]), 1)
  // The outcomes that led to the step down do not count again.
  assert.equal(tierAt(day(31) + HOUR, [at(day(31), 20, 1)]), 1)
  assert.equal(tierAt(day(31) + 2 * HOUR, [at(day(31), 20, 1), at(day(31) + HOUR, 20, 1)]), 0)
})

test('without a change the same object is returned, so that nothing is written', () => {
  const reputation = evaluate(undefined, tiers, NOON, [at(NOON, 5)])
  assert.equal(evaluate(reputation, tiers, NOON + HOUR, [at(NOON, 5)]), reputation)
})

test('a tier limits what is sent, below the ceiling of the limit', () => {
  const limit: LimitConfig = { name: 'x', recipientsPerMessage: 100, messageBytes: 1, messagesPerDay: 500, ...tiers }
  const at = (tier: number) => {
    const reputation = { ...evaluate(undefined, tiers, NOON, []), tier }
    const { messagesPerDay, recipientsPerDay } = effectiveLimit(limit, reputation)
    return [messagesPerDay, recipientsPerDay]
  }
  assert.deepEqual(
    [at(0), at(1), at(2), at(9)],
    [
      [100, undefined],
      [500, 5000],
      [500, undefined],
      [500, undefined],
    ],
  )
  assert.equal(effectiveLimit(limit, undefined).messagesPerDay, 100)
  assert.equal(effectiveLimit({ ...limit, tiers: undefined }, undefined).messagesPerDay, 500)
})
