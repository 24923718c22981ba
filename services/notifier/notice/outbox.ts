import type { Envelope } from '@postrider/mail/envelope'
import type { Acceptor } from '@postrider/queue/accept'
import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import type { Broker } from '@postrider/broker/connection'
import { ContentGoneError, readWholeContent } from '@postrider/queue/content'
import { quarantine } from '@postrider/queue/quarantine'
import { RecordUnavailableError } from '@postrider/broker/read-record'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import type { ContentRef } from '@postrider/queue/content-ref'
import type { PlatformConfig } from '@postrider/runtime-config/config'
import type { SignMail } from '@postrider/runtime-config/signing'
import type { LogWriter } from '../log/apply.ts'
import type { CompleteAsOf } from '../log/complete-as-of.ts'
import type { LogReader, OwedNotice } from '../log/read.ts'
import { BackOff } from '../back-off.ts'
import { buildReport } from '../report/build.ts'
import type { HeldLog } from '../review/held-log.ts'
import { buildSuspensionNotice, isSuspensionNotice } from '../reputation/notice.ts'
import type { Notice } from './decide.ts'
import { whatReturns } from './what-returns.ts'

interface BuiltNotice {
  envelope: Envelope
  content: Buffer
}

export interface OutboxOptions {
  broker: Broker
  acceptor: Acceptor
  reader: LogReader
  held: HeldLog
  writer: LogWriter
  completeAsOf: CompleteAsOf
  platform: () => PlatformConfig
  /** Called for each notice that was sent. `of`: a queue id, or the name of an account. */
  sent: (kind: string, of: string, id: string) => void
  /** Signs a notice for the domain of its From field. */
  sign: SignMail
  failed: (id: string, tries: number, error: unknown) => void
}

export interface Outbox {
  /** Sends the notices that are due. `now`: milliseconds since the epoch, for the Date field and the envelope. */
  send(now: number): Promise<void>
}

/** How long the outbox waits for the content of a message. Short, because the other notices wait meanwhile. Milliseconds. */
const CONTENT_PATIENCE_MS = 2000
/** Notices that one call of `send` reads. */
const MAX_PER_CALL = 100
/** After this many failed tries for another reason than the broker, a notice goes to the quarantine. */
const MAX_TRIES = 8
/** After this many consecutive notices that the broker did not confirm, `send` gives up until its next call. */
const MAX_NOT_STORED = 3

/** Sends the notices in the outbox. Each is a message in the queue, with an id that depends on what it reports: after a crash between the
 * broker's confirmation and the deletion from the outbox, the log shows it as sent. So does a notice whose confirmation was lost with the
 * connection: none is stored before the log has read what the queue had within the last minute. A notice that cannot be sent is retried
 * later, without delaying the others. Must only be called when the log has caught up with the queue. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { broker, reader, writer, failed } = options
  const backOff = new BackOff()
  /** Counts the failures that the broker is not the reason of. Delays nothing. */
  const faults = new BackOff()
  /** The id of the last notice that was read. */
  let cursor = ''

  async function giveUp(row: OwedNotice, error: unknown): Promise<void> {
    const { noticeId: id, of, notice } = row
    const data = Buffer.from(JSON.stringify({ id, of, notice }))
    await quarantine(broker, { kind: 'notice', error, data, id: of, name: id })
    writer.dropNotice(id)
    forget(id)
  }

  function forget(id: string): void {
    backOff.done(id)
    faults.done(id)
  }

  async function trySend(row: OwedNotice, now: number): Promise<'sent' | 'not-stored' | 'failed'> {
    const { noticeId: id } = row
    try {
      await send(row, options, now)
      forget(id)
      return 'sent'
    } catch (error) {
      failed(id, backOff.failed(id), error)
      if (error instanceof NotStoredError || error instanceof RecordUnavailableError) return 'not-stored'
      const never = error instanceof RecordTooLargeError || error instanceof RecordRefusedError
      if (never || faults.failed(id) >= MAX_TRIES) await giveUp(row, error)
      return 'failed'
    }
  }

  return {
    async send(now) {
      const rows = reader.outbox(cursor, MAX_PER_CALL)
      let notStored = 0
      for (const row of rows) {
        cursor = row.noticeId
        if (!backOff.isDue(row.noticeId)) continue
        notStored = (await trySend(row, now)) === 'not-stored' ? notStored + 1 : 0
        if (notStored >= MAX_NOT_STORED) return
      }
      if (rows.length < MAX_PER_CALL) cursor = ''
    },
  }
}

async function send({ noticeId, notice }: OwedNotice, options: OutboxOptions, now: number): Promise<void> {
  const { reader, writer, acceptor, completeAsOf } = options
  if (!reader.known(noticeId)) await completeAsOf(noticeId)
  if (!reader.known(noticeId)) {
    const built = isSuspensionNotice(notice)
      ? buildSuspensionNotice(noticeId, notice, options.platform(), now)
      : await build(noticeId, notice as Notice, options, now)
    if (built !== undefined) {
      const { envelope, content } = await signed(built, options, now)
      const ref = await acceptor.store(envelope, content)
      writer.message(envelope, ref)
      if (isSuspensionNotice(notice)) options.sent(notice.kind, notice.account, noticeId)
      else options.sent((notice as Notice).kind, (notice as Notice).of, noticeId)
    }
  }
  writer.dropNotice(noticeId)
}

/** Signs the notice. Without a signature, receivers would reject notices of a domain whose DMARC policy is `reject`. */
async function signed(built: BuiltNotice, { sign, platform }: OutboxOptions, now: number): Promise<BuiltNotice> {
  const content = await sign(built.content, platform().notices.from, now)
  return { content, envelope: { ...built.envelope, size: content.length } }
}

async function build(id: string, notice: Notice, { broker, reader, held, platform }: OutboxOptions, now: number) {
  const original = reader.message(notice.of) ?? held.find(notice.of)
  if (original === undefined) return undefined
  const { hostName, notices } = platform()
  const messageId = `<${id}@${hostName}>`
  const octets = original.content === null ? Buffer.alloc(0) : await readAll(broker, original.content)
  const content = buildReport({
    kind: notice.kind,
    reportingMta: hostName,
    from: notices.from,
    to: original.envelope.from,
    original: original.envelope,
    outcomes: notice.outcomes.map(({ recipient, outcome, at }) => ({
      recipient,
      status: outcome.status,
      reply: outcome.reply,
      category: outcome.category,
      ...(outcome.ours === true ? { ours: true } : {}),
      at,
      ...(notice.remote === undefined ? {} : { remoteMta: notice.remote.host }),
      ...(notice.retryUntil === undefined ? {} : { willRetryUntil: notice.retryUntil }),
    })),
    returned: whatReturns(octets, original.envelope, notice, notices.fullMessageBytes),
    // A next hop without DSN will not report the delivery itself (RFC 3461, 5.2.2).
    relayed: notice.kind === 'delivered' && notice.remote?.dsn === false,
    messageId,
    date: now,
  })
  const envelope: Envelope = {
    id,
    from: '',
    // RFC 3461, 5.2.4: no notices are sent about a notice.
    recipients: [{ address: original.envelope.from, notify: 'NEVER' }],
    eightBit: false,
    // The notice itself is ASCII, but its recipient's address may not be.
    utf8: !/^[\x20-\x7e]*$/.test(original.envelope.from),
    domain: original.envelope.domain,
    credential: '',
    acceptedAt: now,
    size: content.length,
    messageId,
    notice: { of: notice.of, kind: notice.kind },
  }
  return { envelope, content }
}

async function readAll(broker: Broker, ref: ContentRef): Promise<Buffer> {
  try {
    return await readWholeContent(broker, ref, { patienceMs: CONTENT_PATIENCE_MS })
  } catch (error) {
    // With a retention of 0, the content may be deleted before the notice is built. The notice is then sent without the original.
    if (!(error instanceof ContentGoneError)) throw error
    return Buffer.alloc(0)
  }
}
