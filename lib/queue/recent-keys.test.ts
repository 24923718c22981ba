import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentKeys } from './recent-keys.ts'

test('the last keys are known, older ones are forgotten', () => {
  const recent = new RecentKeys(10)
  for (let key = 0; key < 25; key++) recent.add(`key-${key}`)
  for (let key = 15; key < 25; key++) assert.ok(recent.has(`key-${key}`))
  assert.ok(!recent.has('key-4'))
})
