import assert from 'node:assert/strict'
import { test } from 'node:test'
import { destinationsOf } from './take.ts'

test('a message has a destination for each domain, in the order of its recipients', () => {
  const addresses = ['a@one.test', 'b@two.test', 'c@one.test', '"x@y"@[192.0.2.1]']
  assert.deepEqual(destinationsOf(addresses.map((address) => ({ address }))), ['one.test', 'two.test', '[192.0.2.1]'])
})
