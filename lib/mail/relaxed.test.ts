import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relaxBody, relaxField } from './relaxed.ts'

const body = (text: string): string => relaxBody(Buffer.from(text, 'latin1')).toString('latin1')

test('a field is relaxed as in the example of RFC 6376, 3.4.5', () => {
  assert.equal(relaxField('A: X'), 'a:X')
  assert.equal(relaxField('B : Y\t\r\n\tZ  '), 'b:Y Z')
})

test('a body is relaxed as in the example of RFC 6376, 3.4.5', () => {
  assert.equal(body(' C \r\nD \t E\r\n\r\n\r\n'), ' C\r\nD E\r\n')
})

test('empty lines go at the end only, and an empty body has none (3.4.4)', () => {
  assert.equal(body('\r\n\r\na\r\n\r\nb\r\n\r\n'), '\r\n\r\na\r\n\r\nb\r\n')
  assert.deepEqual([body(''), body('\r\n'), body('\r\n\r\n'), body(' \r\n')], ['', '', '', ''])
})

test('the octet A0, which ends a letter of UTF-8, is no space', () => {
  assert.equal(relaxField('S: voil\xc3\xa0'), 's:voil\xc3\xa0')
  assert.equal(body('voil\xc3\xa0\r\n'), 'voil\xc3\xa0\r\n')
})

test('a body that is relaxed already is not copied', () => {
  const relaxed = Buffer.from('a b\r\nc\r\n')
  assert.equal(relaxBody(relaxed).buffer, relaxed.buffer)
})
