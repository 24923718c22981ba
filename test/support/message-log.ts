import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createLogWriter } from '../../services/notifier/log/apply.ts'
import type { LogWriter } from '../../services/notifier/log/apply.ts'
import { createLogReader } from '../../services/notifier/log/read.ts'
import type { LogReader } from '../../services/notifier/log/read.ts'
import { openLog } from '../../services/notifier/log/schema.ts'

/** Runs with an empty message log of its own, which is deleted afterwards. */
export function withLog(run: (writer: LogWriter, reader: LogReader, db: DatabaseSync) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-log-'))
  const db = openLog(join(folder, 'messages.sqlite'))
  try {
    run(createLogWriter(db), createLogReader(db), db)
  } finally {
    db.close()
    rmSync(folder, { recursive: true })
  }
}
