import assert from 'node:assert/strict'
import { test } from 'node:test'
import { senderFate } from './sender-field.ts'

const APP = 'app@sender.test'
const submitting = { login: APP, mayUse: (address: string) => address.endsWith('@sender.test') }
const fate = (given: string | undefined, ...from: string[]) => senderFate(given, from, submitting)

test('without a Sender one is needed for several authors only', () => {
  assert.equal(fate(undefined, APP), 'stays')
  assert.equal(fate(undefined, 'boss@sender.test'), 'stays')
  assert.equal(fate(undefined, APP, 'boss@sender.test'), 'is set')
})

test('a Sender of one address that the submitter may use is theirs to choose', () => {
  assert.equal(fate('Desk <desk@sender.test>', 'boss@sender.test'), 'stays')
  assert.equal(fate('boss@other.test', 'boss@sender.test'), 'is set')
  assert.equal(fate('a@sender.test, b@sender.test', 'boss@sender.test'), 'is set')
  assert.equal(fate('', 'boss@sender.test'), 'is set')
})

test('a false Sender is superfluous where From is the login itself', () => {
  assert.equal(fate('boss@other.test', APP), 'goes')
  assert.equal(fate('boss@other.test', APP, 'boss@sender.test'), 'is set')
})
