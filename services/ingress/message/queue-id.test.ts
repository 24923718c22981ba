import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newQueueId } from './queue-id.ts'

test('queue ids are tokens that sort by their time', () => {
  const times = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, Date.UTC(2500, 0, 1), 32 ** 9 - 1]
  const ids = times.map((time) => newQueueId(time))
  for (const id of ids) assert.match(id, /^[0-9a-z]{17}$/)
  assert.deepEqual(ids.toSorted(), ids)
  for (const letter of 'ilou') assert.ok(ids.every((id) => !id.includes(letter)))
})

test('ids of one moment differ', () => {
  assert.equal(new Set(Array.from({ length: 2000 }, () => newQueueId(5))).size, 2000)
})
