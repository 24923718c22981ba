import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { tokensOut } from './rate.ts'
import fc from 'fast-check'
import type { LimitConfig } from '@postrider/runtime-config/config'
import type { Exceeded } from './exceeded.ts'
import { NO_USE, isCounted, pullBackUse, refund, spend } from './use.ts'
import type { Receipt, Use } from './use.ts'

const SECOND = 1000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Noon, away from the edge of a bucket. */
const T0 = Date.UTC(2026, 4, 4, 12, 3, 20)

const limit = (fields: Partial<LimitConfig>): LimitConfig => ({
  name: 'few',
  recipientsPerMessage: 100,
  messageBytes: 1e6,
  ...fields,
})

/** A refusal by a count over time always names a time. */
const freeOf = ({ freeAt }: Exceeded): number => freeAt ?? assert.fail('no time')

/** Sends one message at each given time, to the given number of recipients. Returns 'ok', or the field that refuses. */
function run(rules: LimitConfig, sendings: [at: number, recipients?: number][]): string[] {
  let use: Use = NO_USE
  return sendings.map(([at, recipients = 1]) => {
    const result = spend(use, rules, recipients, T0 + at)
    if ('exceeded' in result) return result.exceeded.field
    use = result.use
    return 'ok'
  })
}

describe('a limit', () => {
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
      'a burst of three, then one every ten seconds',
      { rate: { messages: 6, perMs: MINUTE, burst: 3 } },
      [[0], [0], [0], [9 * SECOND], [10 * SECOND], [11 * SECOND], [31 * SECOND], [31 * SECOND]],
      ['ok', 'ok', 'ok', 'rate', 'ok', 'rate', 'ok', 'ok'],
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

test('a refusal names the limit, its use, what is allowed, and when the message would be within it', () => {
  let use: Use = NO_USE
  for (const at of [0, 2 * HOUR]) {
    const result = spend(use, limit({ messagesPerDay: 2 }), 1, T0 + at)
    assert.ok('use' in result)
    use = result.use
  }
  const refused = spend(use, limit({ messagesPerDay: 2 }), 1, T0 + 3 * HOUR)
  assert.ok('exceeded' in refused)
  const { freeAt = 0, ...rest } = refused.exceeded
  assert.deepEqual(rest, { limit: 'few', field: 'messagesPerDay', used: 2, allowed: 2 })
  assert.ok(freeAt > T0 + DAY && freeAt <= T0 + DAY + 10 * MINUTE, new Date(freeAt).toISOString())
  assert.ok('use' in spend(use, limit({ messagesPerDay: 2 }), 1, freeAt))
})

test('a refunded message can be sent again, even when other messages were sent in between', () => {
  const rules = limit({ messagesPerDay: 2, recipientsPerDay: 10 })
  const first = spend(NO_USE, rules, 4, T0)
  assert.ok('use' in first)
  const second = spend(first.use, rules, 5, T0 + HOUR)
  assert.ok('use' in second)
  const third = spend(refund(second.use, first.receipt), rules, 5, T0 + HOUR)
  assert.ok('use' in third)
  assert.ok('exceeded' in spend(third.use, rules, 1, T0 + HOUR))
})

test('only limits that count over time require a stored use', () => {
  assert.equal(isCounted(limit({})), false)
  for (const field of ['messagesPerDay', 'recipientsPerDay', 'messagesPerMinute'] as const) {
    assert.equal(isCounted(limit({ [field]: 0 })), true)
  }
})

describe('counts of a clock that was ahead', () => {
  const ahead = 400 * DAY
  /** Sends `spent` messages with a clock that is ahead, then one at each given time. Like the ledger, it stores a corrected use. */
  function after(fields: Partial<LimitConfig>, spent: number, times: number[]): string[] {
    const rules = limit(fields)
    let use: Use = NO_USE
    for (let sent = 0; sent < spent; sent++) {
      const result = spend(use, rules, 1, T0 + ahead + sent * 2 * SECOND)
      assert.ok('use' in result)
      use = result.use
    }
    return times.map((at) => {
      const present = pullBackUse(use, rules, T0 + at)
      const result = spend(present, rules, 1, T0 + at)
      use = 'use' in result ? result.use : present
      return 'use' in result ? 'ok' : result.exceeded.field
    })
  }
  test('count as of the present, for one window and no longer', () => {
    assert.deepEqual(after({ messagesPerDay: 2 }, 2, [0, DAY - SECOND, DAY + 10 * MINUTE]), [
      'messagesPerDay',
      'messagesPerDay',
      'ok',
    ])
    assert.deepEqual(after({ messagesPerMinute: 2 }, 2, [0, 59 * SECOND, 62 * SECOND]), [
      'messagesPerMinute',
      'messagesPerMinute',
      'ok',
    ])
  })
  test('count as a burst that is spent now', () => {
    const rate = { messages: 6, perMs: MINUTE, burst: 3 }
    assert.deepEqual(after({ rate }, 3, [0, 9 * SECOND, 10 * SECOND, 11 * SECOND, 20 * SECOND]), [
      'rate',
      'rate',
      'ok',
      'rate',
      'ok',
    ])
  })
  test('are not corrected when it was ahead by as little as servers normally differ', () => {
    const rules = limit({ rate: { messages: 6, perMs: MINUTE, burst: 1 } })
    const first = spend(NO_USE, rules, 1, T0 + 5 * SECOND)
    assert.ok('use' in first)
    assert.deepEqual(pullBackUse(first.use, rules, T0).rate, first.use.rate)
    assert.ok('exceeded' in spend(first.use, rules, 1, T0 + 14 * SECOND))
    assert.ok('use' in spend(first.use, rules, 1, T0 + 15 * SECOND))
  })
})

describe('for every sequence of messages', () => {
  const sendings = fc.array(
    fc.record({ wait: fc.integer({ min: 0, max: 4 * HOUR }), recipients: fc.integer({ min: 1, max: 20 }) }),
    { maxLength: 60 },
  )
  const pace = fc.record({
    messages: fc.integer({ min: 1, max: 7 }),
    perMs: fc.constantFrom(1000, 7001, MINUTE, HOUR),
    burst: fc.integer({ min: 1, max: 6 }),
  })
  const rules = fc.record({
    messagesPerDay: fc.integer({ min: 0, max: 20 }),
    recipientsPerDay: fc.integer({ min: 0, max: 100 }),
    messagesPerMinute: fc.integer({ min: 0, max: 5 }),
  })

  /** Sends the messages one after another; returns those that were accepted and refused. */
  function taken(fields: Partial<LimitConfig>, sent: { wait: number; recipients: number }[]) {
    let use: Use = NO_USE
    let now = T0
    const accepted: Receipt[] = []
    const refused: { at: number; freeAt: number; recipients: number; use: Use }[] = []
    for (const { wait, recipients } of sent) {
      // Most are sent in quick succession, which is where a limit is reached.
      now += wait % 3 === 0 ? wait : wait % 5000
      const result = spend(use, limit(fields), recipients, now)
      if ('use' in result) {
        use = result.use
        accepted.push(result.receipt)
      } else refused.push({ at: now, freeAt: freeOf(result.exceeded), recipients, use })
    }
    return { accepted, refused, use }
  }

  test('no window of 24 hours or 60 seconds contains more than the limit', () => {
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

  test('whatever a clock that was ahead has counted, nothing is lost, and all is free after a day', () => {
    fc.assert(
      fc.property(
        rules,
        fc.option(pace, { nil: undefined }),
        sendings,
        fc.integer({ min: 0, max: 300 * DAY }),
        (counts, rate, sent, back) => {
          const fields = limit({ ...counts, rate })
          const { use } = taken({ ...counts, rate }, sent)
          const now = T0 - back
          const sum = ({ day, minute }: Use): number[] => [
            day.reduce((total, [, messages]) => total + messages, 0),
            day.reduce((total, [, , recipients]) => total + recipients, 0),
            minute.reduce((total, [, messages]) => total + messages, 0),
          ]
          const before = structuredClone(use)
          const present = pullBackUse(use, fields, now)
          assert.deepEqual(use, before)
          assert.deepEqual(sum(present), sum(use))
          assert.equal(pullBackUse(present, fields, now), present)
          const later = now + DAY + 10 * MINUTE
          const alone = limit({ messagesPerDay: 1, recipientsPerDay: 1, messagesPerMinute: 1, rate })
          assert.ok('use' in spend(present, alone, 1, later))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('no period contains more than the burst and the tokens that were added in it', () => {
    fc.assert(
      fc.property(pace, sendings, (rate, sent) => {
        const { accepted } = taken({ rate }, sent)
        for (const [from, { at: begin }] of accepted.entries())
          for (const [to, { at: end }] of accepted.entries())
            if (to >= from)
              assert.ok(to - from + 1 <= rate.burst + ((end - begin + 1) * rate.messages) / rate.perMs + 1e-6)
      }),
      { numRuns: 300 },
    )
  })

  test('a refund never allows more than if the message had not been sent, and an immediate one allows as much', () => {
    fc.assert(
      fc.property(pace, sendings, fc.integer({ min: 0, max: 10 * MINUTE }), (rate, sent, later) => {
        const fields = limit({ rate })
        const { use } = taken({ rate }, sent)
        const now = T0 + 300 * HOUR
        const with1 = spend(use, fields, 1, now)
        assert.ok('use' in with1)
        const without = spend(use, fields, 1, now + later)
        const between = spend(with1.use, fields, 1, now + later)
        assert.ok('use' in without)
        const left = (of: Use): number => tokensOut(of.rate, rate, now + later)
        if ('use' in between) assert.ok(left(refund(between.use, with1.receipt)) >= left(without.use))
        assert.equal(tokensOut(refund(with1.use, with1.receipt).rate, rate, now), 0)
      }),
      { numRuns: 300 },
    )
  })

  test('the time that a refusal names is in the future, and the message is within that limit then', () => {
    fc.assert(
      fc.property(rules, fc.option(pace, { nil: undefined }), sendings, (counts, rate, sent) => {
        const fields = { ...counts, rate }
        for (const { at, freeAt, recipients, use } of taken(fields, sent).refused) {
          assert.ok(freeAt > at)
          const again = spend(use, limit(fields), recipients, freeAt)
          // Another limit may still refuse it, until later.
          if ('exceeded' in again) assert.ok(freeOf(again.exceeded) > freeAt)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('refunding all messages leaves nothing used, and a use stays small', () => {
    fc.assert(
      fc.property(sendings, (sent) => {
        const { accepted, use } = taken({ messagesPerDay: 1000, messagesPerMinute: 1000 }, sent)
        assert.ok(use.day.length <= 146 && use.minute.length <= 62)
        const left = accepted.reduce(refund, use)
        for (const [, messages, recipients] of left.day) assert.deepEqual([messages, recipients], [0, 0])
        for (const [, messages] of left.minute) assert.equal(messages, 0)
      }),
      { numRuns: 300 },
    )
  })
})
