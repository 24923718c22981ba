import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTrouble, loggedTrouble } from './trouble.ts'

test('trouble is reported when it begins and when it is over', () => {
  const reported: string[] = []
  const trouble = createTrouble(
    (error) => void reported.push(String(error)),
    () => void reported.push('over'),
  )
  trouble.over()
  for (const error of ['away', 'away still', 'forbidden']) trouble.failed(error)
  trouble.over()
  trouble.over()
  trouble.failed('again')
  assert.deepEqual(reported, ['away', 'over', 'again'])
})

test('trouble is logged under its name', () => {
  const lines: unknown[] = []
  const write = (line: unknown): void => void lines.push(line)
  const trouble = loggedTrouble({ warn: write, info: write }, 'disk-check')
  const error = new Error('no such folder')
  trouble.failed(error)
  trouble.over()
  assert.deepEqual(lines, [{ event: 'disk-check-failing', err: error }, { event: 'disk-check-works' }])
})
