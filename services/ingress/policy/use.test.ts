import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { NO_USE, isCounted, refund, spend } from './use.ts'
import type { Use } from './use.ts'

const SECOND = 1000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Noon, in the middle of nothing: not on the edge of a bucket. */
const T0 = Date.UTC(2026, 4, 4, 12, 3, 20)

const limit = (fields: Partial<LimitConfig>): LimitConfig => ({
  name: 'few',
  recipientsPerMessage: 100,
  messageBytes: 1e6,
  ...fields,
})

/** Sends one message a time given, each to so many recipients; 'ok', or the field that refuses. */
function run(rules: LimitConfig, sendings: [at: number, recipients?: number][]): string[] {
  let use: Use = NO_USE
  return sendings.map(([at, recipients = 1]) => {
    const result = spend(use, rules, recipients, T0 + at)
    if ('exceeded' in result) return result.exceeded.field
    use = result.use
    return 'ok'
  })
}

describe('what fits into a limit', () => {
  const cases: [what: string, rules: Partial<LimitConfig>, sendings: [number, number?][], expected: string[]][] = [
    ['nothing is limited that is not named', {}, [[0], [0], [0]], ['ok', 'ok', 'ok']],
    ['two a day', { messagesPerDay: 2 }, [[0], [HOUR], [2 * HOUR]], ['ok', 'ok', 'messagesPerDay']],
    ['none a day', { messagesPerDay: 0 }, [[0]], ['messagesPerDay']],
    ['not yet after a day to the second', { messagesPerDay: 1 }, [[0], [DAY - SECOND]], ['ok', 'messagesPerDay']],
    ['again after a day and a bucket', { messagesPerDay: 1 }, [[0], [DAY + 10 * MINUTE]], ['ok', 'ok']],
    [
      'two a minute',
      { messagesPerMinute: 2 },
      [[0], [30 * SECOND], [59 * SECOND], [62 * SECOND]],
      ['ok', 'ok', 'messagesPerMinute', 'ok'],
    ],
    [
      'recipients count, not messages',
      { recipientsPerDay: 5 },
      [
        [0, 3],
        [1, 3],
        [2, 2],
        [3, 1],
      ],
      ['ok', 'recipientsPerDay', 'ok', 'recipientsPerDay'],
    ],
    ['one message over the whole limit', { recipientsPerDay: 5 }, [[0, 6]], ['recipientsPerDay']],
    [
      'what is refused is not counted',
      { messagesPerDay: 2, messagesPerMinute: 1 },
      [[0], [1], [2], [2 * MINUTE], [4 * MINUTE]],
      ['ok', 'messagesPerMinute', 'messagesPerMinute', 'ok', 'messagesPerDay'],
    ],
  ]
  for (const [what, rules, sendings, expected] of cases) {
    test(what, () => assert.deepEqual(run(limit(rules), sendings), expected))
  }
})

test('a refusal tells the limit, its use, what is allowed, and when it frees', () => {
  let use: Use = NO_USE
  for (const at of [0, 2 * HOUR]) {
    const result = spend(use, limit({ messagesPerDay: 2 }), 1, T0 + at)
    assert.ok('use' in result)
    use = result.use
  }
  const refused = spend(use, limit({ messagesPerDay: 2 }), 1, T0 + 3 * HOUR)
  assert.ok('exceeded' in refused)
  const { freeAt, ...rest } = refused.exceeded
  assert.deepEqual(rest, { limit: 'few', field: 'messagesPerDay', used: 2, allowed: 2 })
  assert.ok(freeAt > T0 + DAY && freeAt <= T0 + DAY + 10 * MINUTE, new Date(freeAt).toISOString())
  assert.ok('use' in spend(use, limit({ messagesPerDay: 2 }), 1, freeAt))
})

test('what is taken back can be used again, also when other messages came between', () => {
  const rules = limit({ messagesPerDay: 2, recipientsPerDay: 10 })
  const first = spend(NO_USE, rules, 4, T0)
  assert.ok('use' in first)
  const second = spend(first.use, rules, 5, T0 + HOUR)
  assert.ok('use' in second)
  const third = spend(refund(second.use, 4, T0), rules, 5, T0 + HOUR)
  assert.ok('use' in third)
  assert.ok('exceeded' in spend(third.use, rules, 1, T0 + HOUR))
})

test('only limits over time need a use', () => {
  assert.equal(isCounted(limit({})), false)
  for (const field of ['messagesPerDay', 'recipientsPerDay', 'messagesPerMinute'] as const) {
    assert.equal(isCounted(limit({ [field]: 0 })), true)
  }
})

describe('for every sequence of messages', () => {
  const sendings = fc.array(
    fc.record({ wait: fc.integer({ min: 0, max: 4 * HOUR }), recipients: fc.integer({ min: 1, max: 20 }) }),
    { maxLength: 60 },
  )
  const rules = fc.record({
    messagesPerDay: fc.integer({ min: 0, max: 20 }),
    recipientsPerDay: fc.integer({ min: 0, max: 100 }),
    messagesPerMinute: fc.integer({ min: 0, max: 5 }),
  })

  /** Sends them in turn; the ones that were taken. */
  function taken(fields: Partial<LimitConfig>, sent: { wait: number; recipients: number }[]) {
    let use: Use = NO_USE
    let now = T0
    const accepted: { at: number; recipients: number }[] = []
    const refused: { at: number; freeAt: number; recipients: number; use: Use }[] = []
    for (const { wait, recipients } of sent) {
      // Most come close together: that is where a limit is reached.
      now += wait % 3 === 0 ? wait : wait % 5000
      const result = spend(use, limit(fields), recipients, now)
      if ('use' in result) {
        use = result.use
        accepted.push({ at: now, recipients })
      } else refused.push({ at: now, freeAt: result.exceeded.freeAt, recipients, use })
    }
    return { accepted, refused, use }
  }

  test('no window of 24 hours or 60 seconds holds more than the limit', () => {
    fc.assert(
      fc.property(rules, sendings, (fields, sent) => {
        const { accepted } = taken(fields, sent)
        for (const { at } of accepted) {
          const day = accepted.filter((other) => other.at >= at && other.at < at + DAY)
          const minute = accepted.filter((other) => other.at >= at && other.at < at + MINUTE)
          assert.ok(day.length <= fields.messagesPerDay)
          assert.ok(day.reduce((sum, { recipients }) => sum + recipients, 0) <= fields.recipientsPerDay)
          assert.ok(minute.length <= fields.messagesPerMinute)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('a refusal is right to name its time: what is free then is free, and it is not in the past', () => {
    fc.assert(
      fc.property(rules, sendings, (fields, sent) => {
        for (const { at, freeAt, recipients, use } of taken(fields, sent).refused) {
          assert.ok(freeAt > at)
          const again = spend(use, limit(fields), recipients, freeAt)
          // Another limit may still be in the way, and that one frees later.
          if ('exceeded' in again) assert.ok(again.exceeded.freeAt > freeAt)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('taking all back leaves nothing used, and a use stays small', () => {
    fc.assert(
      fc.property(sendings, (sent) => {
        const { accepted, use } = taken({ messagesPerDay: 1000, messagesPerMinute: 1000 }, sent)
        assert.ok(use.day.length <= 146 && use.minute.length <= 62)
        const left = accepted.reduce((rest, { recipients, at }) => refund(rest, recipients, at), use)
        for (const [, messages, recipients] of left.day) assert.deepEqual([messages, recipients], [0, 0])
        for (const [, messages] of left.minute) assert.equal(messages, 0)
      }),
      { numRuns: 300 },
    )
  })
})
