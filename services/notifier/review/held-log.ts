import type { HeldFilter, HeldMessage } from '@postrider/message-log/review'
import type { DatabaseSync } from 'node:sqlite'
import type { Envelope } from '@postrider/mail/envelope'
import type { ReviewEvent } from '@postrider/queue/event'
import type { HeldFor } from '@postrider/queue/held'
import type { ContentRef } from '@postrider/queue/content-ref'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS held (
  id TEXT PRIMARY KEY,
  domain TEXT NOT NULL,
  held_at INTEGER NOT NULL,
  envelope TEXT NOT NULL,          -- JSON
  why TEXT NOT NULL,               -- JSON HeldFor
  content TEXT,                    -- JSON ContentRef; NULL when it is erased
  state TEXT NOT NULL,             -- held, released, deleted, expired
  decided_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS held_open ON held (held_at) WHERE state = 'held';
CREATE INDEX IF NOT EXISTS held_to_erase ON held (id) WHERE state <> 'held' AND content IS NOT NULL;
CREATE INDEX IF NOT EXISTS held_to_forget ON held (decided_at) WHERE decided_at IS NOT NULL;
`

type Row = Record<string, unknown>
const json = (value: unknown): unknown => (typeof value === 'string' ? (JSON.parse(value) as unknown) : null)
const toHeld = (row: Row): HeldMessage => ({
  envelope: json(row['envelope']) as Envelope,
  why: json(row['why']) as HeldFor,
  content: json(row['content']) as ContentRef | null,
  state: row['state'] as HeldMessage['state'],
  decidedAt: row['decided_at'] as number | null,
})

/** Reads and writes the table of messages that are held for review. Every write is idempotent, and an event may come before its record. */
export function createHeldLog(db: DatabaseSync) {
  db.exec(SCHEMA)
  const insert = db.prepare(
    `INSERT INTO held (id, domain, held_at, envelope, why, content, state) VALUES (?, ?, ?, ?, ?, ?, 'held')
     ON CONFLICT (id) DO UPDATE SET content = coalesce(held.content, excluded.content)`,
  )
  const decide = db.prepare(
    `INSERT INTO held (id, domain, held_at, envelope, why, state, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, decided_at = excluded.decided_at WHERE held.state = 'held'`,
  )
  const erased = db.prepare('UPDATE held SET content = NULL WHERE id = ?')
  const byId = db.prepare('SELECT * FROM held WHERE id = ?')
  const list = db.prepare(
    `SELECT * FROM held WHERE state = 'held' AND (?1 IS NULL OR domain = ?1) ORDER BY held_at LIMIT ?2`,
  )
  const count = db.prepare(`SELECT count(*) AS n FROM held WHERE state = 'held'`)
  const inQueue = db.prepare(
    `SELECT * FROM held WHERE state = 'held' AND EXISTS (SELECT 1 FROM messages m WHERE m.id = held.id) LIMIT ?`,
  )
  const expired = db.prepare(`SELECT * FROM held WHERE state = 'held' AND held_at <= ? ORDER BY held_at LIMIT ?`)
  const toErase = db.prepare(
    `SELECT * FROM held WHERE state <> 'held' AND content IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.of = held.id) LIMIT ?`,
  )
  const forget = db.prepare('DELETE FROM held WHERE decided_at < ? AND content IS NULL')
  return {
    held(envelope: Envelope, why: HeldFor, content: ContentRef): void {
      const { id, domain, acceptedAt } = envelope
      insert.run(id, domain, acceptedAt, JSON.stringify(envelope), JSON.stringify(why), JSON.stringify(content))
    },
    review({ id, envelope, why, decision, at }: ReviewEvent): void {
      const { domain, acceptedAt } = envelope
      decide.run(id, domain, acceptedAt, JSON.stringify(envelope), JSON.stringify(why), decision, at)
    },
    erased: (id: string): void => void erased.run(id),
    find(id: string): HeldMessage | undefined {
      const row = byId.get(id)
      return row === undefined ? undefined : toHeld(row)
    },
    list: ({ domain, limit }: HeldFilter): HeldMessage[] => list.all(domain ?? null, limit ?? 200).map(toHeld),
    count: (): number => count.get()?.['n'] as number,
    /** Held messages that are in the queue already, because a crash interrupted their release. */
    inQueue: (limit: number): HeldMessage[] => inQueue.all(limit).map(toHeld),
    /** Messages that have been held since a time or longer. */
    expired: (heldBefore: number, limit: number): HeldMessage[] => expired.all(heldBefore, limit).map(toHeld),
    /** Messages that were decided about, whose content is stored, and which no notice in the outbox refers to. */
    toErase: (limit: number): HeldMessage[] => toErase.all(limit).map(toHeld),
    /** Deletes the rows of messages that were decided about before a time, and whose content is erased. */
    forget: (decidedBefore: number): void => void forget.run(decidedBefore),
  }
}
export type HeldLog = ReturnType<typeof createHeldLog>
