import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentValues } from './recent-values.ts'

test('the latest value of each of the recent keys is kept, and the oldest keys are forgotten', () => {
  const recent = new RecentValues<number>(3)
  for (let key = 0; key < 9; key++) recent.set(`${key}`, key)
  recent.set('8', 80)
  assert.deepEqual(
    ['0', '2', '6', '7', '8'].map((key) => recent.get(key)),
    [undefined, undefined, 6, 7, 80],
  )
  recent.clear()
  assert.equal(recent.get('8'), undefined)
})
