import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptUse, useStatus } from './use-status.ts'

test('the use is shown with the limit where there is one for a day', () => {
  assert.deepEqual(useStatus(12, 1000), { sentToday: 12, dailyLimit: 1000, use: '12 / 1000' })
  assert.deepEqual(useStatus(12, undefined), { sentToday: 12, use: '12' })
})

test('who writes the rest of a status keeps the use that it has, and nothing else', () => {
  const status = { ...useStatus(0, 10), conditions: [], secretName: 'app-smtp' }
  assert.deepEqual(keptUse({ status }), { sentToday: 0, dailyLimit: 10, use: '0 / 10' })
  assert.deepEqual(keptUse({ status: { conditions: [] } }), {})
  assert.deepEqual(keptUse({}), {})
})
