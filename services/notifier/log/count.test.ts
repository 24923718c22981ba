import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { AttemptEvent } from '@postrider/queue/event'
import { createLogWriter } from './apply.ts'
import { createLogReader } from './read.ts'
import { openLog } from './schema.ts'

const MINUTE = 60_000
const START = 1_700_000_000_000

test('how many recipients are due, and since when, follows from acceptance and the planned attempts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-log-'))
  const db = openLog(join(folder, 'messages.sqlite'))
  try {
    const [writer, reader] = [createLogWriter(db), createLogReader(db)]
    assert.equal(reader.count(START).oldestDueAt, null)
    deferred('a', START + 10 * MINUTE)
    deferred('b', START + 30 * MINUTE)
    const due = (minutes: number) => {
      const { due: number, oldestDueAt } = reader.count(START + minutes * MINUTE)
      return [number, oldestDueAt === null ? null : (oldestDueAt - START) / MINUTE]
    }
    assert.deepEqual(due(5), [0, null])
    assert.deepEqual(due(20), [1, 10])
    assert.deepEqual(due(40), [2, 10])

    function deferred(id: string, nextAt: number): void {
      const outcome = { address: 'kim@remote.test', state: 'deferred' }
      writer.event({
        type: 'attempt',
        id,
        part: 0,
        attempt: 1,
        at: START,
        destination: 'remote.test',
        nextAt,
        outcomes: [outcome],
      } as unknown as AttemptEvent)
    }
  } finally {
    db.close()
    rmSync(folder, { recursive: true })
  }
})
