import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from './message.ts'
import { newestResent } from './resent.ts'

const found = (...names: string[]) => {
  const lines = names.map((name, at) => `${name}: ${at}\r\n`).join('')
  const block = newestResent(parseMessage(Buffer.from(`${lines}\r\n`)).fields)
  return block && [block.start, [...block.fields.keys()].join(' ')]
}

test('the last resending is the topmost block (RFC 5322, 3.6.6)', () => {
  assert.deepEqual(found('Received', 'Resent-From', 'Resent-To', 'From', 'Resent-From'), [1, 'from to'])
})

test('an older resending begins where a field comes again', () => {
  assert.deepEqual(found('Resent-From', 'Resent-To', 'Resent-From', 'Resent-Date'), [0, 'from to'])
})

test('Resent-Bcc goes, and makes no block by itself', () => {
  assert.deepEqual(found('Resent-Bcc', 'Resent-From', 'Resent-Bcc', 'Resent-To'), [1, 'from to'])
  assert.equal(found('Resent-Bcc', 'From'), undefined)
  assert.equal(found('From', 'To'), undefined)
})
