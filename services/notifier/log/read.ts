import type { DatabaseSync } from 'node:sqlite'
import type { Envelope } from '@postrider/mail/envelope'
import type { LoggedRecipient, MessageAnswer, QueueCount, QueueFilter } from '@postrider/message-log/messages'
import type { RecipientOutcome } from '@postrider/queue/event'
import type { ContentRef } from '@postrider/queue/content-ref'
import { HAS_RECIPIENTS } from './schema.ts'

export interface LoggedMessage {
  envelope: Envelope
  content: ContentRef | null
  open: number
  settledAt: number | null
  erasedAt: number | null
}

/** A notice that is still to be sent. */
export interface OwedNotice {
  noticeId: string
  /** What it is about: a queue id, or the name of an account. */
  of: string
  notice: unknown
}

type Row = Record<string, unknown>
const json = (value: unknown): unknown => (typeof value === 'string' ? (JSON.parse(value) as unknown) : null)

const toMessage = (row: Row): LoggedMessage => ({
  envelope: json(row['envelope']) as Envelope,
  content: json(row['content']) as ContentRef | null,
  open: row['open'] as number,
  settledAt: row['settled_at'] as number | null,
  erasedAt: row['erased_at'] as number | null,
})

const toRecipient = (row: Row): LoggedRecipient => ({
  id: row['id'] as string,
  address: row['address'] as string,
  destination: row['destination'] as string,
  state: row['state'] as LoggedRecipient['state'],
  part: row['part'] as number,
  attempts: row['attempts'] as number,
  outcome: json(row['outcome']) as RecipientOutcome | null,
  remote: json(row['remote']) as LoggedRecipient['remote'],
  nextAt: row['next_at'] as number | null,
  updatedAt: row['updated_at'] as number,
  ...(row['accepted_at'] === undefined ? {} : { acceptedAt: row['accepted_at'] as number }),
  ...(row['sender'] === undefined ? {} : { from: row['sender'] as string }),
})

/** Reads of the log; the queries that a loop repeats are prepared once. */
export function createLogReader(db: DatabaseSync) {
  const byId = db.prepare('SELECT * FROM messages WHERE id = ?')
  const known = db.prepare(`SELECT 1 FROM messages WHERE id = ? AND ${HAS_RECIPIENTS}`)
  const recipientsOf = db.prepare('SELECT * FROM recipients WHERE id = ? ORDER BY address')
  const storyOf = db.prepare('SELECT event FROM story WHERE id = ? ORDER BY at, rowid')
  const toErase = db.prepare(
    `SELECT * FROM messages WHERE domain = ? AND erased_at IS NULL AND settled_at IS NOT NULL AND settled_at <= ?
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.of = messages.id) LIMIT ?`,
  )
  const domains = db.prepare('SELECT DISTINCT domain FROM messages WHERE erased_at IS NULL AND settled_at IS NOT NULL')
  const toDelay = db.prepare(
    `SELECT * FROM messages WHERE delayed_told = 0 AND open > 0 AND accepted_at <= ?1
       AND coalesce(json_extract(envelope, '$.releaseAt'), 0) <= ?1 ORDER BY accepted_at LIMIT ?2`,
  )
  const position = db.prepare('SELECT next_seq FROM positions WHERE stream = ?')
  const outbox = db.prepare('SELECT notice_id, of, notice FROM outbox WHERE notice_id > ? ORDER BY notice_id LIMIT ?')
  const counts = db.prepare(
    `SELECT state, count(*) AS n, sum(next_at IS NULL OR next_at <= ?1) AS due,
       min(coalesce(next_at, updated_at)) FILTER (WHERE next_at IS NULL OR next_at <= ?1) AS due_at
     FROM recipients WHERE state IN ('queued', 'deferred') GROUP BY state`,
  )
  const oldest = db.prepare('SELECT min(accepted_at) AS at FROM messages WHERE open > 0')
  const queue = db.prepare(
    `SELECT r.*, m.accepted_at, json_extract(m.envelope, '$.from') AS sender FROM recipients r LEFT JOIN messages m ON m.id = r.id
     WHERE r.state IN ('queued', 'deferred') AND (?1 IS NULL OR r.id = ?1) AND (?2 IS NULL OR m.domain = ?2)
       AND (?3 IS NULL OR r.destination = ?3)
       AND (?5 = 0 OR r.state = 'queued') ORDER BY m.accepted_at LIMIT ?4`,
  )
  return {
    known: (id: string): boolean => known.get(id) !== undefined,
    message(id: string): LoggedMessage | undefined {
      const row = byId.get(id)
      return row === undefined ? undefined : toMessage(row)
    },
    recipients: (id: string): LoggedRecipient[] => recipientsOf.all(id).map(toRecipient),
    story: (id: string): MessageAnswer['story'] =>
      storyOf.all(id).map((row) => json(row['event'])) as MessageAnswer['story'],
    domainsToErase: (): string[] => domains.all().map((row) => row['domain'] as string),
    toErase: (domain: string, settledBefore: number, limit: number): LoggedMessage[] =>
      toErase.all(domain, settledBefore, limit).map(toMessage),
    toDelay: (acceptedBefore: number, limit: number): LoggedMessage[] =>
      toDelay.all(acceptedBefore, limit).map(toMessage),
    position: (stream: string): number => (position.get(stream)?.['next_seq'] as number | undefined) ?? 1,
    /** In the order of their ids, those after `afterId`. */
    outbox: (afterId: string, limit: number): OwedNotice[] =>
      outbox.all(afterId, limit).map((row) => ({
        noticeId: row['notice_id'] as string,
        of: row['of'] as string,
        notice: json(row['notice']),
      })),
    queue: ({ id, domain, destination, unattempted, limit }: QueueFilter): LoggedRecipient[] =>
      queue
        .all(id ?? null, domain ?? null, destination ?? null, limit ?? 1000, unattempted === true ? 1 : 0)
        .map(toRecipient),
    count(now: number): QueueCount {
      const rows = counts.all(now)
      const of = (state: string, field: string): number =>
        (rows.find((row) => row['state'] === state)?.[field] as number | undefined) ?? 0
      const dueTimes = rows.map((row) => row['due_at']).filter((at) => typeof at === 'number')
      return {
        queued: of('queued', 'n'),
        deferred: of('deferred', 'n'),
        due: of('queued', 'due') + of('deferred', 'due'),
        oldestAcceptedAt: (oldest.get()?.['at'] as number | null | undefined) ?? null,
        oldestDueAt: dueTimes.length === 0 ? null : Math.min(...dueTimes),
      }
    },
  }
}
export type LogReader = ReturnType<typeof createLogReader>
