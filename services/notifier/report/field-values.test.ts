import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodedText, toValue } from './field-values.ts'

const decoded = (text: string): string =>
  text.replace(/=\?UTF-8\?B\?([^?]*)\?= ?/g, (_, base64: string) => Buffer.from(base64, 'base64').toString())

test('an address that is not ASCII is named by a group without members', () => {
  assert.equal(toValue('kim@remote.test'), '<kim@remote.test>')
  const value = toValue('müller@remote.test')
  assert.match(value, /^[\x20-\x7e]* :;$/)
  assert.equal(decoded(value), 'müller@remote.test:;')
})

test('text is encoded when it has to be', () => {
  assert.equal(encodedText('Hello world'), 'Hello world')
  assert.match(encodedText('Grüße'), /^=\?UTF-8\?B\?/)
  assert.equal(decoded(encodedText('Grüße')), 'Grüße')
})
