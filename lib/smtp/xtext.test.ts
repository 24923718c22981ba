import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeXtext, encodeXtext, isXtext } from './xtext.ts'

test('characters outside printable ASCII, and the two special characters, are encoded', () => {
  assert.equal(encodeXtext('a+b=c d~'), 'a+2Bb+3Dc+20d~')
  assert.equal(encodeXtext('ä\u007f'), '+C3+A4+7F')
})

test('any text survives encoding and decoding', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = encodeXtext(text)
      assert.ok(isXtext(encoded))
      assert.equal(decodeXtext(encoded), text)
    }),
  )
})

test('an escape that is not valid stays as it is', () => {
  assert.equal(decodeXtext('a+2b+'), 'a+2b+')
  assert.equal(decodeXtext('+4Z+41'), '+4ZA')
})

test('characters over 127 stay as they are', () => {
  assert.equal(decodeXtext('jörg+2B1@example.org'), 'jörg+1@example.org')
})

for (const text of ['+', '+4', '+4z', '+2b', 'a=b', 'a b', 'ä', '\n'])
  test(`${JSON.stringify(text)} is not xtext`, () => assert.equal(isXtext(text), false))

for (const text of ['', 'rfc822;kim@example.org', '+2B', '!~*,<>'])
  test(`${JSON.stringify(text)} is xtext`, () => assert.equal(isXtext(text), true))
