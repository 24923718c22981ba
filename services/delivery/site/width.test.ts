import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Width } from './width.ts'

const after = (limit: number, ...slow: boolean[]): number => {
  const width = new Width()
  for (const one of slow) width.worked(limit, one)
  return width.value
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

test('a site starts with one connection and grows by one for each success, up to its limit', () => {
  assert.equal(after(20), 1)
  assert.equal(after(20, ...times(7, false)), 8)
  assert.equal(after(20, ...times(100, false)), 20)
  assert.equal(after(1, ...times(5, false)), 1)
})

test('slow transactions widen a site less than quick ones, and do not narrow it', () => {
  assert.equal(after(20, ...times(100, true)), 10)
  assert.equal(after(4, ...times(100, true)), 4)
  assert.equal(after(20, ...times(30, false), ...times(30, true)), 20)
})

test('a site that wants less gets half the width, but never less than one', () => {
  const width = new Width()
  for (let count = 0; count < 11; count++) width.worked(20, false)
  const seen = times(6, 0).map(() => (width.halve(), width.value))
  assert.deepEqual(seen, [6, 3, 1, 1, 1, 1])
})
