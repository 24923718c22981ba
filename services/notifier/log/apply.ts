import type { DatabaseSync } from 'node:sqlite'
import type { Envelope } from '@postrider/mail/envelope'
import { domainOf } from '@postrider/mail/envelope'
import type { AttemptEvent, CancelEvent, EraseEvent, QueueEvent } from '@postrider/queue/event'
import type { ContentRef } from '@postrider/queue/content-ref'
import { HAS_RECIPIENTS } from './schema.ts'

/** Writes records and events into the log. Every statement bears repetition, and events may come before their message. */
export interface LogWriter {
  message(envelope: Envelope, content: ContentRef | null): void
  event(event: QueueEvent): void
  delayedTold(id: string): void
  forget(erasedBefore: number, limit: number): number
  position(stream: string, nextSeq: number): void
  queueNotice(noticeId: string, of: string, notice: unknown): void
  dropNotice(noticeId: string): void
  /** Runs the writes in one transaction. */
  transaction(run: () => void): void
}

export function createLogWriter(db: DatabaseSync): LogWriter {
  const insertMessage = db.prepare(
    `INSERT INTO messages (id, domain, accepted_at, envelope, content, open) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET content = coalesce(messages.content, excluded.content),
       envelope = iif(${HAS_RECIPIENTS}, messages.envelope, excluded.envelope),
       open = iif(${HAS_RECIPIENTS}, messages.open, excluded.open),
       settled_at = iif(${HAS_RECIPIENTS}, messages.settled_at, NULL)`,
  )
  const insertRecipient = db.prepare(
    `INSERT INTO recipients (id, address, destination, state, part, attempts, next_at, updated_at) VALUES (?, ?, ?, 'queued', 0, 0, ?, ?)
     ON CONFLICT DO NOTHING`,
  )
  const setOutcome = db.prepare(
    `INSERT INTO recipients (id, address, destination, state, part, attempts, outcome, remote, next_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id, address) DO UPDATE SET state = excluded.state, part = excluded.part, attempts = excluded.attempts,
       outcome = excluded.outcome, remote = excluded.remote, next_at = excluded.next_at, updated_at = excluded.updated_at
     WHERE excluded.attempts >= recipients.attempts`,
  )
  const setState = db.prepare(
    `UPDATE recipients SET state = ?, next_at = NULL, updated_at = ? WHERE id = ? AND address = ? AND state IN ('queued', 'deferred')`,
  )
  const settle = db.prepare(
    `UPDATE messages SET open = r.n, settled_at = CASE WHEN r.n > 0 THEN NULL ELSE coalesce(settled_at, ?1) END
     FROM (SELECT count(*) AS n FROM recipients WHERE id = ?2 AND state IN ('queued', 'deferred')) r
     WHERE id = ?2`,
  )
  // A record of events can be read twice (see quarantine/skips.ts). Without a unique index, which an existing log may not allow.
  const tell = db.prepare(
    `INSERT INTO story (id, at, event) SELECT ?1, ?2, ?3
     WHERE NOT EXISTS (SELECT 1 FROM story WHERE id = ?1 AND at = ?2 AND event = ?3)`,
  )
  const markErased = db.prepare('UPDATE messages SET erased_at = ?, content = NULL WHERE id = ? AND erased_at IS NULL')
  const markDelayed = db.prepare('UPDATE messages SET delayed_told = 1 WHERE id = ?')
  const oldest = db.prepare('SELECT id FROM messages WHERE erased_at IS NOT NULL AND erased_at < ? LIMIT ?')
  const deletions = ['messages', 'recipients', 'story'].map((table) => db.prepare(`DELETE FROM ${table} WHERE id = ?`))
  const setPosition = db.prepare('INSERT OR REPLACE INTO positions (stream, next_seq) VALUES (?, ?)')
  const insertNotice = db.prepare('INSERT OR IGNORE INTO outbox (notice_id, of, notice) VALUES (?, ?, ?)')
  const deleteNotice = db.prepare('DELETE FROM outbox WHERE notice_id = ?')

  function message(envelope: Envelope, content: ContentRef | null): void {
    const { recipients } = envelope
    const text = JSON.stringify(envelope)
    const ref = content === null ? null : JSON.stringify(content)
    const { changes } = insertMessage.run(
      envelope.id,
      envelope.domain,
      envelope.acceptedAt,
      text,
      ref,
      recipients.length,
    )
    // A message that is held waits for a time of its own, as one that was deferred (RFC 4865).
    const releaseAt = envelope.releaseAt ?? null
    let added = 0
    for (const { address } of recipients) {
      added += Number(
        insertRecipient.run(envelope.id, address, domainOf(address), releaseAt, envelope.acceptedAt).changes,
      )
    }
    // Events that came first may have settled some already.
    if (changes > 0 && added < recipients.length) settle.run(envelope.acceptedAt, envelope.id)
    if (envelope.notice?.kind === 'delayed') markDelayed.run(envelope.notice.of)
  }

  function attempt(event: AttemptEvent): void {
    const remote = event.remote === undefined ? null : JSON.stringify(event.remote)
    for (const outcome of event.outcomes) {
      const nextAt = outcome.state === 'deferred' ? (event.nextAt ?? null) : null
      setOutcome.run(
        event.id,
        outcome.address,
        event.destination,
        outcome.state,
        event.part,
        event.attempt,
        JSON.stringify(outcome),
        remote,
        nextAt,
        event.at,
      )
    }
    settle.run(event.at, event.id)
    // A delivery at the first attempt, which is most mail, is recorded in the recipients' rows alone.
    const plain = event.attempt === 1 && event.outcomes.every(({ state }) => state === 'delivered')
    if (!plain) tell.run(event.id, event.at, JSON.stringify(event))
  }

  function cancelled(event: CancelEvent): void {
    let changed = 0
    for (const address of event.recipients)
      changed += Number(setState.run('cancelled', event.at, event.id, address).changes)
    // A cancellation before the first attempt is written down twice: when it is asked for, and by the worker that obeys it.
    if (changed === 0) return
    settle.run(event.at, event.id)
    tell.run(event.id, event.at, JSON.stringify(event))
  }

  function erased(event: EraseEvent): void {
    message(event.envelope, null)
    markErased.run(event.at, event.id)
  }

  return {
    message,
    event(event) {
      if (event.type === 'attempt') attempt(event)
      else if (event.type === 'cancel') cancelled(event)
      else if (event.type === 'erase') erased(event)
      // What scanners find is for those who judge senders; the log tells of messages that were taken.
    },
    delayedTold: (id) => void markDelayed.run(id),
    forget(erasedBefore, limit) {
      const ids = oldest.all(erasedBefore, limit).map((row) => row['id'] as string)
      for (const id of ids) for (const deletion of deletions) deletion.run(id)
      return ids.length
    },
    position: (stream, nextSeq) => void setPosition.run(stream, nextSeq),
    queueNotice: (noticeId, of, notice) => void insertNotice.run(noticeId, of, JSON.stringify(notice)),
    dropNotice: (noticeId) => void deleteNotice.run(noticeId),
    transaction(run) {
      db.exec('BEGIN IMMEDIATE')
      try {
        run()
        db.exec('COMMIT')
      } catch (error) {
        db.exec('ROLLBACK')
        throw error
      }
    },
  }
}
