import type { DatabaseSync } from 'node:sqlite'
import { NewerRecordError } from '@postrider/broker/stored'

/** A record that the feed skipped. */
export interface SkippedRecord {
  stream: string
  seq: number
  /** A later release wrote the record. It is read again, and does not go to the quarantine. */
  newer: boolean
  reason: string
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS skipped (
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  newer INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
`

export interface Skipped {
  /** Must be called in the transaction that moves the position past the record, so that no record is lost. */
  add(stream: string, seq: number, error: unknown): void
  remove(stream: string, seq: number): void
  list(newer: boolean, limit: number): SkippedRecord[]
}

/** The list of records that could not be written into the log, until they are in the quarantine or a later release can read them. */
export function openSkipped(db: DatabaseSync): Skipped {
  db.exec(SCHEMA)
  const insert = db.prepare('INSERT OR REPLACE INTO skipped (stream, seq, newer, reason) VALUES (?, ?, ?, ?)')
  const remove = db.prepare('DELETE FROM skipped WHERE stream = ? AND seq = ?')
  const list = db.prepare('SELECT stream, seq, newer, reason FROM skipped WHERE newer = ? ORDER BY stream, seq LIMIT ?')
  return {
    add(stream, seq, error) {
      const reason = error instanceof Error ? error.message : String(error)
      insert.run(stream, seq, error instanceof NewerRecordError ? 1 : 0, reason)
    },
    remove: (stream, seq) => void remove.run(stream, seq),
    list: (newer, limit) =>
      list.all(newer ? 1 : 0, limit).map((row) => ({
        stream: row['stream'] as string,
        seq: row['seq'] as number,
        newer: row['newer'] === 1,
        reason: row['reason'] as string,
      })),
  }
}

/** Result codes of SQLite that concern the database, not the data: busy, locked, out of memory, read-only, I/O error, corrupt, full, cannot
 * open (https://www.sqlite.org/rescode.html). */
const ABOUT_THE_DATABASE: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 11, 13, 14])

/** Whether an error comes from the database, so that writing any other record would fail as well. */
export function isDatabaseFault(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  // The low octet is the primary result code; the others are details.
  return typeof code === 'number' && ABOUT_THE_DATABASE.has(code & 0xff)
}
