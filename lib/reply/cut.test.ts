import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cut, printable } from './cut.ts'

describe('a text that is cut', () => {
  test('stays as it is when it fits', () => {
    assert.equal(cut('abc', 3), 'abc')
    assert.equal(cut('é'.repeat(10), 20), 'é'.repeat(10))
  })

  test('ends between two characters, and is marked as cut', () => {
    assert.equal(cut('x'.repeat(20), 16), `${'x'.repeat(10)} [...]`)
    assert.equal(cut('é'.repeat(20), 17), `${'é'.repeat(5)} [...]`)
    assert.equal(cut('\u{1f600}'.repeat(20), 17), `${'\u{1f600}'.repeat(2)} [...]`)
  })

  test('has at most so many octets, and the beginning of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 16, max: 200 }), (text, max) => {
        const short = cut(text, max)
        assert.ok(Buffer.byteLength(short) <= max)
        if (short !== text) assert.ok(short.endsWith(' [...]') && text.startsWith(short.slice(0, -6)))
      }),
    )
  })
})

test('octets that are not UTF-8 become U+FFFD, and control characters become spaces', () => {
  assert.equal(printable('a\xff\xfeb\x00\x1b\x7f'), 'a\ufffd\ufffdb   ')
  assert.equal(printable('bo\xc3\xaete\xc2\x85'), 'boîte ')
})
