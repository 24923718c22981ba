import type { Envelope } from '@postrider/mail/envelope'
import type { Acceptor } from '@postrider/queue/accept'
import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import type { Broker } from '@postrider/broker/connection'
import { ContentGoneError, readContent } from '@postrider/queue/content'
import { quarantine } from '@postrider/queue/quarantine'
import { RecordUnavailableError } from '@postrider/broker/read-record'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import type { ContentRef } from '@postrider/queue/content-ref'
import type { PlatformConfig } from '@postrider/runtime-config/config'
import type { SignMail } from '@postrider/runtime-config/signing'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader, OwedNotice } from '../log/read.ts'
import { BackOff } from '../back-off.ts'
import { buildReport } from '../report/build.ts'
import type { HeldLog } from '../review/held-log.ts'
import { buildSuspensionNotice, isSuspensionNotice } from '../reputation/notice.ts'
import type { Notice } from './decide.ts'

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
  platform: () => PlatformConfig
  sent: (kind: string, of: string, id: string) => void
  /** Signs a notice, whose From field is given. */
  sign: SignMail
  failed: (id: string, tries: number, error: unknown) => void
}

export interface Outbox {
  /** `now` is for the Date field and the envelope; milliseconds since the epoch. */
  send(now: number): Promise<void>
}

/** The other notices wait meanwhile. Milliseconds. */
const CONTENT_PATIENCE_MS = 2000
/** Notices that are looked at in a turn. */
const MAX_A_TURN = 100
/** A notice that fails so often for another reason than the broker goes to the quarantine. */
const MAX_TRIES = 8
/** After so many that the broker did not confirm in a row, the others of the turn are not tried. */
const MAX_NOT_STORED = 3

/** Sends the notices that are owed. Each is a message of the same durable queue, with an id that follows from what it tells: when a
 * crash comes between the broker's confirmation and the deletion here, the log shows it as sent. A notice that cannot be sent is tried
 * again later, and delays none of the others. Call only when the log has caught up with the queue. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { broker, reader, writer, failed } = options
  const backOff = new BackOff()
  /** The last one that was looked at. */
  let cursor = ''

  async function giveUp(row: OwedNotice, error: unknown): Promise<void> {
    const { noticeId: id, of, notice } = row
    const data = Buffer.from(JSON.stringify({ id, of, notice }))
    await quarantine(broker, { kind: 'notice', error, data, id: of, name: id })
    writer.dropNotice(id)
    backOff.done(id)
  }

  async function trySend(row: OwedNotice, now: number): Promise<'sent' | 'not-stored' | 'failed'> {
    const { noticeId: id } = row
    try {
      await send(row, options, now)
      backOff.done(id)
      return 'sent'
    } catch (error) {
      const tries = backOff.failed(id)
      failed(id, tries, error)
      if (error instanceof NotStoredError || error instanceof RecordUnavailableError) return 'not-stored'
      const never = error instanceof RecordTooLargeError || error instanceof RecordRefusedError
      if (never || tries >= MAX_TRIES) await giveUp(row, error)
      return 'failed'
    }
  }

  return {
    async send(now) {
      const rows = reader.outbox(cursor, MAX_A_TURN)
      let notStored = 0
      for (const row of rows) {
        cursor = row.noticeId
        if (!backOff.isDue(row.noticeId)) continue
        notStored = (await trySend(row, now)) === 'not-stored' ? notStored + 1 : 0
        if (notStored >= MAX_NOT_STORED) return
      }
      if (rows.length < MAX_A_TURN) cursor = ''
    },
  }
}

async function send({ noticeId, notice }: OwedNotice, options: OutboxOptions, now: number): Promise<void> {
  const { reader, writer, acceptor } = options
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

/** A domain whose DMARC policy is reject would lose its bounces otherwise. */
async function signed(built: BuiltNotice, { sign, platform }: OutboxOptions, now: number): Promise<BuiltNotice> {
  const content = await sign(built.content, platform().notices.from, now)
  return { content, envelope: { ...built.envelope, size: content.length } }
}

async function build(id: string, notice: Notice, { broker, reader, held, platform }: OutboxOptions, now: number) {
  const original = reader.message(notice.of) ?? held.find(notice.of)
  if (original === undefined) return undefined
  const { hostName, notices } = platform()
  const messageId = `<${id}@${hostName}>`
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
    returned: await returned(broker, original.envelope, original.content, notice, notices.fullMessageBytes),
    // A next hop that speaks no DSN will not tell of the delivery itself (RFC 3461, 5.2.2).
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

/** RET decides, then the size; only a failure returns the whole message (RFC 3461, 4.3). */
async function returned(broker: Broker, original: Envelope, ref: ContentRef | null, notice: Notice, fullBytes: number) {
  const content = ref === null ? Buffer.alloc(0) : await readAll(broker, ref)
  const end = content.indexOf('\r\n\r\n')
  const headers = end === -1 ? content : content.subarray(0, end + 2)
  const full =
    notice.kind === 'failed' &&
    notice.headersOnly !== true &&
    original.ret !== 'HDRS' &&
    content.length <= fullBytes &&
    content.length > 0
  return full ? { full: content } : { headers }
}

async function readAll(broker: Broker, ref: ContentRef): Promise<Buffer> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of readContent(broker, ref, { patienceMs: CONTENT_PATIENCE_MS })) pieces.push(piece)
  } catch (error) {
    // Retention 0 can be quicker than the notice: then it goes without the original.
    if (!(error instanceof ContentGoneError)) throw error
    return Buffer.alloc(0)
  }
  return Buffer.concat(pieces)
}
