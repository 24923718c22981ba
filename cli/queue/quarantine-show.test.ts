import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryLines, quarantineLines } from './quarantine-show.ts'

const note = { kind: 'job' as const, reason: 'malformed', at: 0, bytes: 9 }

test('each record has a line with what is known of it, and the last line counts all', () => {
  const origin = { stream: 'JOBS', seq: 7 }
  const entries = [
    { number: 1, note: { ...note, origin, id: 'q1' } },
    { number: 2, note: null },
  ]
  assert.deepEqual(quarantineLines({ entries, count: 5 }), [
    '1  1970-01-01T00:00:00Z  job  JOBS/7  message q1  malformed',
    '2  its note cannot be read',
    '5 in the quarantine',
  ])
})

test('nothing of a record steers the terminal', () => {
  const lines = entryLines(
    { number: 1, note: { ...note, reason: 'a\u001b[2Jb' } },
    'x\u001b]0;title\u0007\r\ny\tz\u202e',
  )
  assert.ok(lines.every((line) => !/[\u0000-\u0008\u000a-\u001f\u202e]/.test(line)))
  assert.deepEqual(lines.slice(-2), ['x?]0;title?', 'y\tz?'])
})
