import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refused } from '../../../test/support/refusal.ts'
import { checkFrom } from './check-from.ts'

const APP = 'app@sender.test'
const ALLOWED = [APP, '*@other.test']
const reply = (addresses: string[], body = addresses.join(', ')): string =>
  refused(() => checkFrom('From', { body, addresses }, ALLOWED, APP))

test('every author must be one that the submitter may send as', () => {
  assert.equal(reply([APP]), 'ok')
  assert.equal(reply(['anybody@other.test', APP]), 'ok')
  assert.equal(reply([APP, 'boss@sender.test']), '550 5.7.1')
  assert.equal(reply(['app@sender.test.evil.test']), '550 5.7.1')
})

test('a From without an address is refused as content', () => {
  assert.equal(reply([]), '550 5.6.0')
})

test('what cannot be read as an address is said to be that, and not somebody else', () => {
  assert.equal(reply(['unreadable: <a@b'], '<a@b'), '550 5.6.0')
})

test('the refusal of a Resent-From names that field', () => {
  const field = { body: 'boss@sender.test', addresses: ['boss@sender.test'] }
  assert.throws(() => checkFrom('Resent-From', field, ALLOWED, APP), /\(Resent-From\)/)
})
