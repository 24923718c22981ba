import assert from 'node:assert/strict'
import { test } from 'node:test'
import { least } from './least.ts'

test('what has no time to run again does not count', () => {
  assert.equal(least([300, undefined, 20]), 20)
  assert.equal(least([undefined, 0]), 0)
  assert.equal(least([undefined]), undefined)
  assert.equal(least([]), undefined)
})
