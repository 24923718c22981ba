import type { DatabaseSync } from 'node:sqlite'
import type { Envelope } from '@postrider/mail/envelope'
import type { LoggedRecipient, MessageAnswer, QueueCount, QueueFilter } from '@postrider/message-log/messages'
import type { RecipientOutcome } from '@postrider/queue/event'
import type { ContentRef } from '@postrider/queue/content-ref'
import { createCounted } from './counted.ts'
import { HAS_RECIPIENTS } from './schema.ts'

/** A message in the log. Times are milliseconds since the epoch. */
export interface LoggedMessage {
  envelope: Envelope
  /** Null if the content is erased, or only events refer to the message. */
  content: ContentRef | null
  /** Recipients that are not settled. */
  open: number
  settledAt: number | null
  erasedAt: number | null
}

/** A notice in the outbox. */
export interface OwedNotice {
  noticeId: string
  /** The subject of the notice: a queue id, or the name of an account. */
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

/** Reads the log. The statements are prepared once, because loops repeat them. */
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
    /** Whether the message is in the log with its envelope. */
    known: (id: string): boolean => known.get(id) !== undefined,
    message(id: string): LoggedMessage | undefined {
      const row = byId.get(id)
      return row === undefined ? undefined : toMessage(row)
    },
    recipients: (id: string): LoggedRecipient[] => recipientsOf.all(id).map(toRecipient),
    story: (id: string): MessageAnswer['story'] =>
      storyOf.all(id).map((row) => json(row['event'])) as MessageAnswer['story'],
    /** The event without the outcomes that do not count, because the log has others already. To be asked before the event is written. */
    counted: createCounted(db),
    /** Domains with settled messages whose content is not erased. */
    domainsToErase: (): string[] => domains.all().map((row) => row['domain'] as string),
    /** Messages of a domain that were settled by a time, whose content is not erased, and which no notice in the outbox refers to. */
    toErase: (domain: string, settledBefore: number, limit: number): LoggedMessage[] =>
      toErase.all(domain, settledBefore, limit).map(toMessage),
    /** Messages with open recipients that were accepted, and released if they were scheduled, by a time, and whose delay was not decided
     * about. */
    toDelay: (acceptedBefore: number, limit: number): LoggedMessage[] =>
      toDelay.all(acceptedBefore, limit).map(toMessage),
    /** The sequence number of the next record to read from a stream. */
    position: (stream: string): number => (position.get(stream)?.['next_seq'] as number | undefined) ?? 1,
    /** Notices in the outbox with ids after `afterId`, in the order of their ids. */
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
