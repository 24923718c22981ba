import type { DatabaseSync } from 'node:sqlite'
import type { Envelope } from '@postrider/mail/envelope'
import { domainOf } from '@postrider/mail/envelope'
import type { AttemptEvent, CancelEvent, EraseEvent, QueueEvent } from '@postrider/queue/event'
import type { ContentRef } from '@postrider/queue/content-ref'
import { createCounted } from './counted.ts'
import { prepareDiscards } from '../retention/owe-discard.ts'
import { HAS_RECIPIENTS } from './schema.ts'

/** Writes records and events into the log. Every statement is idempotent, and events may come before their message. */
export interface LogWriter {
  /** `content` is null if only an event refers to the message. */
  message(envelope: Envelope, content: ContentRef | null): void
  /** Outcomes that do not count (see counted.ts) are only in the history of the message. `counted`: the event without them, if that is
   * known. */
  event(event: QueueEvent, counted?: QueueEvent): void
  /** Records that the delay of a message was decided about: a notice was queued, or none was wanted. */
  markDelayNotified(id: string): void
  /** Deletes up to `limit` placeholders of content that was erased before a time (milliseconds since the epoch). Returns how many. */
  forget(erasedBefore: number, limit: number): number
  /** Stores the sequence number of the next record to read from a stream. */
  position(stream: string, nextSeq: number): void
  /** Puts a notice into the outbox. `of`: a queue id, or the name of an account. */
  queueNotice(noticeId: string, of: string, notice: unknown): void
  /** Removes a notice from the outbox. */
  dropNotice(noticeId: string): void
  /** Runs `run` in one transaction, and rolls it back if `run` throws. */
  transaction(run: () => void): void
  /** Makes what was written survive a power failure, before its only other copy is deleted. */
  sync(): void
}

export function createLogWriter(db: DatabaseSync): LogWriter {
  const countedOf = createCounted(db)
  const insertMessage = db.prepare(
    `INSERT INTO messages (id, domain, accepted_at, envelope, content, open) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET content = coalesce(messages.content, excluded.content),
       envelope = iif(${HAS_RECIPIENTS}, messages.envelope, excluded.envelope),
       open = iif(${HAS_RECIPIENTS}, messages.open, excluded.open),
       settled_at = iif(${HAS_RECIPIENTS}, messages.settled_at, NULL)`,
  )
  const hasOther = db.prepare(
    `SELECT 1 FROM messages WHERE id = ?1
       AND (erased_at IS NOT NULL OR json_extract(content, '$.stream') <> ?2 OR json_extract(content, '$.seq') <> ?3)`,
  )
  const oweDiscard = prepareDiscards(db)
  const insertRecipient = db.prepare(
    `INSERT INTO recipients (id, address, destination, state, part, attempts, next_at, updated_at) VALUES (?, ?, ?, 'queued', 0, 0, ?, ?)
     ON CONFLICT DO NOTHING`,
  )
  const setOutcome = db.prepare(
    `INSERT INTO recipients (id, address, destination, state, part, attempts, outcome, remote, next_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id, address) DO UPDATE SET state = excluded.state, part = excluded.part,
       attempts = max(recipients.attempts, excluded.attempts), outcome = excluded.outcome, remote = excluded.remote,
       next_at = excluded.next_at, updated_at = excluded.updated_at`,
  )
  const setState = db.prepare(
    `UPDATE recipients SET state = ?, next_at = NULL, updated_at = ? WHERE id = ? AND address = ? AND state IN ('queued', 'deferred')`,
  )
  const settle = db.prepare(
    `UPDATE messages SET open = r.n, settled_at = CASE WHEN r.n > 0 THEN NULL ELSE coalesce(settled_at, ?1) END
     FROM (SELECT count(*) AS n FROM recipients WHERE id = ?2 AND state IN ('queued', 'deferred')) r
     WHERE id = ?2`,
  )
  // A record of events can be read twice (see quarantine/skips.ts). Existing logs may have duplicates, so there is no unique index.
  const insertStory = db.prepare(
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
    // A message that was stored again after the broker had forgotten its id: both records are erased.
    const isOther = content !== null && hasOther.get(envelope.id, content.stream, content.seq) !== undefined
    if (isOther) oweDiscard(envelope.id, content.stream, [...content.parts, content.seq])
    const ref = content === null || isOther ? null : JSON.stringify(content)
    const { changes } = insertMessage.run(
      envelope.id,
      envelope.domain,
      envelope.acceptedAt,
      text,
      ref,
      recipients.length,
    )
    // A scheduled message waits until its release (RFC 4865), as a deferred one waits until its next attempt.
    const releaseAt = envelope.releaseAt ?? null
    let added = 0
    for (const { address } of recipients) {
      added += Number(
        insertRecipient.run(envelope.id, address, domainOf(address), releaseAt, envelope.acceptedAt).changes,
      )
    }
    // Events that came first may have settled some recipients already.
    if (changes > 0 && added < recipients.length) settle.run(envelope.acceptedAt, envelope.id)
    if (envelope.notice?.kind === 'delayed') markDelayed.run(envelope.notice.of)
  }

  function attempt(event: AttemptEvent, { outcomes }: AttemptEvent): void {
    const remote = event.remote === undefined ? null : JSON.stringify(event.remote)
    for (const outcome of outcomes) {
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
    // A delivery at the first attempt, the usual case, is recorded in the rows of the recipients only.
    const plain = event.attempt === 1 && event.outcomes.every(({ state }) => state === 'delivered')
    if (!plain) insertStory.run(event.id, event.at, JSON.stringify(event))
  }

  function cancelled(event: CancelEvent): void {
    let changed = 0
    for (const address of event.recipients)
      changed += Number(setState.run('cancelled', event.at, event.id, address).changes)
    // A cancellation before the first attempt comes twice: when it is requested, and from the worker that carries it out.
    if (changed === 0) return
    settle.run(event.at, event.id)
    insertStory.run(event.id, event.at, JSON.stringify(event))
  }

  function erased(event: EraseEvent): void {
    message(event.envelope, null)
    markErased.run(event.at, event.id)
  }

  return {
    message,
    event(event, counted = countedOf(event)) {
      if (event.type === 'attempt' && counted.type === 'attempt') attempt(event, counted)
      else if (event.type === 'cancel') cancelled(event)
      else if (event.type === 'erase') erased(event)
      // Verdicts of scanners only affect reputations (reputation/outcomes.ts).
    },
    markDelayNotified: (id) => void markDelayed.run(id),
    forget(erasedBefore, limit) {
      const ids = oldest.all(erasedBefore, limit).map((row) => row['id'] as string)
      for (const id of ids) for (const deletion of deletions) deletion.run(id)
      return ids.length
    },
    position: (stream, nextSeq) => void setPosition.run(stream, nextSeq),
    queueNotice: (noticeId, of, notice) => void insertNotice.run(noticeId, of, JSON.stringify(notice)),
    dropNotice: (noticeId) => void deleteNotice.run(noticeId),
    // A checkpoint syncs the WAL, which a commit does not (see openLog).
    sync: () => db.exec('PRAGMA wal_checkpoint(PASSIVE)'),
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
