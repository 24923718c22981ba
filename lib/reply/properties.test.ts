import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import { CATEGORIES } from './category.ts'
import { getBounceInfo } from './classify.ts'
import { parseReply } from './parse.ts'
import { TEXT_RULES } from './rules/order.ts'

const words = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        'user',
        'unknown',
        'blocked',
        'spam',
        '5.1.1',
        '4.2.2',
        '#',
        '\r\n',
        '550-',
        '192.0.2.1',
        'a@b.c',
      ),
    )
    .map((parts) => parts.join(' ')),
)
const stage = fc.constantFrom(
  'connect',
  'greeting',
  'ehlo',
  'starttls',
  'auth',
  'mail',
  'rcpt',
  'data',
  'final',
  undefined,
)

describe('for any text', () => {
  test('the classification has a known action and category', () => {
    fc.assert(
      fc.property(words, stage, (response, at) => {
        const { action, category, message } = getBounceInfo({ response, stage: at })
        assert.match(action, /^(retry|bounce)$/)
        assert.ok(CATEGORIES.includes(category))
        assert.doesNotMatch(message, /[\r\n]/)
      }),
      { numRuns: 1000 },
    )
  })

  test('a 4xx is retried', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 400, max: 499 }),
        fc.constantFrom(' ', '-', ' 5.1.1 '),
        words,
        stage,
        (code, mark, text, at) => {
          const info = getBounceInfo({ response: `${code}${mark}${text}`, stage: at })
          assert.equal(info.action, 'retry')
          assert.equal(info.code, code)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('a 5xx is retried for three categories only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 599 }), words, stage, (code, text, at) => {
        const { action, category } = getBounceInfo({ response: `${code} ${text}`, stage: at })
        const passes = ['blocklisted', 'rate-limited', 'mailbox-full'].includes(category)
        assert.equal(action, passes ? 'retry' : 'bounce')
      }),
      { numRuns: 1000 },
    )
  })

  test('the words of a parsed reply are the same when parsed as several lines', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.'), minLength: 1 })
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
        const several = lines.map((text, index) => `550${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n')
        assert.equal(parseReply(several).code, 550)
        assert.doesNotMatch(parseReply(several).text, /550/)
      }),
      { numRuns: 300 },
    )
  })
})

/** Beginnings and parts of what the rules match, repeated: patterns with overlapping repetition would take too long on these. */
const HOSTILE = [
  'a',
  ' ',
  '5',
  '1.',
  '@',
  'a@',
  '<',
  '5.1.1 ',
  '(#5.1.1',
  'user ',
  'ip ',
  'exceed a b ',
  'too many ',
  'max a ',
  'relay ',
  'mailbox ',
  'spf ',
  'domain x',
  '1.1.1.1 ',
  '\r\n550-',
]

/** Lengths that grow slowly at first: a pattern that takes exponential time fails here before it takes minutes. Octets. */
const LENGTHS = [...Array.from({ length: 30 }, (_, step) => 10 + 2 * step), 100, 1000, 10_000, 100_000]
/** A linear pattern takes less than a millisecond. */
const MAX_MATCH_MS = 3000

function assertLinear(pattern: RegExp, part: string): void {
  for (const length of LENGTHS) {
    const text = part.repeat(Math.ceil(length / part.length)).slice(0, length)
    const startedAt = performance.now()
    pattern.test(text)
    const ms = Math.round(performance.now() - startedAt)
    const slow = `${String(pattern)} takes ${ms} ms for ${length} octets of ${JSON.stringify(part)}: it backtracks too often`
    assert.ok(ms < MAX_MATCH_MS, slow)
  }
}

describe('a reply of 100 KB', () => {
  // `wording` shortens the input of the rules; the rules alone must also be linear. Before the tests, which would not end otherwise.
  before(() => {
    for (const { pattern, unless } of TEXT_RULES) {
      for (const part of HOSTILE) {
        assertLinear(pattern, part)
        if (unless !== undefined) assertLinear(unless, part)
      }
    }
  })

  for (const part of HOSTILE) {
    test(`of ${JSON.stringify(part)} is classified`, { timeout: 10_000 }, () => {
      const { action } = getBounceInfo({ response: `550 ${part.repeat(Math.ceil(100_000 / part.length))}` })
      assert.match(action, /^(retry|bounce)$/)
    })
  }
})
