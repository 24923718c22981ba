import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setCondition } from './conditions.ts'
import type { Condition } from './conditions.ts'

const noon = new Date('2026-11-23T12:00:00.123Z')
const one = new Date('2026-11-23T13:00:00Z')
const ready = { type: 'Ready', status: 'True', reason: 'Published', message: 'sends', observedGeneration: 1 } as const

test('a new condition comes last and begins now, in whole seconds', () => {
  const dns = { ...ready, type: 'DNSVerified' }
  const conditions = setCondition(setCondition(undefined, dns, noon), ready, noon)
  assert.deepEqual(conditions, [
    { ...dns, lastTransitionTime: '2026-11-23T12:00:00Z' },
    { ...ready, lastTransitionTime: '2026-11-23T12:00:00Z' },
  ])
})

test('while the status stays, the time stays, whatever else is new', () => {
  const before = setCondition([], ready, noon)
  const after = setCondition(before, { ...ready, reason: 'Other', message: 'still', observedGeneration: 2 }, one)
  assert.deepEqual(after, [
    { ...ready, reason: 'Other', message: 'still', observedGeneration: 2, lastTransitionTime: '2026-11-23T12:00:00Z' },
  ])
})

test('when the status changes, the time does, and the others stay where and what they are', () => {
  const before = [{ ...ready, type: 'A' }, ready, { ...ready, type: 'B' }].reduce<Condition[]>(
    (conditions, finding) => setCondition(conditions, finding, noon),
    [],
  )
  const after = setCondition(before, { ...ready, status: 'False' }, one)
  assert.deepEqual(
    after.map(({ type, lastTransitionTime }) => [type, lastTransitionTime.slice(11, 13)]),
    [
      ['A', '12'],
      ['Ready', '13'],
      ['B', '12'],
    ],
  )
  assert.equal(before[1]?.status, 'True', 'what was given is not changed')
})
