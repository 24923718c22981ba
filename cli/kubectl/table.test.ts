import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table } from './table.ts'

test('columns are as wide as their widest cell, and no line ends with a blank', () => {
  assert.deepEqual(
    table([
      ['NAME', 'STATE', ''],
      ['a', 'Ready', ''],
      ['longer', 'x', ''],
    ]),
    ['NAME    STATE', 'a       Ready', 'longer  x'],
  )
  assert.deepEqual(table([]), [])
})
