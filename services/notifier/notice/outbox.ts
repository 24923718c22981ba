import type { Envelope } from '@postrider/mail/envelope'
import type { Acceptor } from '@postrider/queue/accept'
import { NotStored } from '@postrider/queue/accept'
import type { Broker } from '@postrider/queue/broker'
import { ContentGone, readContent } from '@postrider/queue/content'
import { RecordUnavailableError } from '@postrider/queue/read-record'
import type { ContentRef } from '@postrider/queue/record'
import type { PlatformConfig } from '@postrider/runtime-config/config'
import type { SignMail } from '@postrider/runtime-config/signing'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader } from '../log/read.ts'
import { buildReport } from '../report/build.ts'
import type { HeldLog } from '../review/held-log.ts'
import { buildSuspensionNotice, isSuspensionNotice } from '../standing/notice.ts'
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
  /** For the Date field and the envelope; milliseconds since the epoch. */
  now: number
}

/** Sends the notices that are owed. Each is a message of the same durable queue, with an id that follows from what it tells:
 * when a crash comes between the broker's confirmation and the deletion here, the log shows it as sent.
 * Call only when the log has caught up with the queue. */
export async function sendOwedNotices(options: OutboxOptions): Promise<void> {
  const { reader, writer, acceptor } = options
  for (const { noticeId, notice } of reader.outbox(100)) {
    if (!reader.known(noticeId)) {
      const built = isSuspensionNotice(notice)
        ? buildSuspensionNotice(noticeId, notice, options.platform(), options.now)
        : await build(noticeId, notice as Notice, options).catch(later)
      // It stays owed; the others do not wait for it.
      if (built === 'later') continue
      if (built !== undefined) {
        try {
          const { envelope, content } = await signed(built, options)
          const ref = await acceptor.store(envelope, content)
          writer.message(envelope, ref)
        } catch (error) {
          // The broker is away; what is owed stays here until it is back.
          if (error instanceof NotStored) return
          throw error
        }
        if (isSuspensionNotice(notice)) options.sent(notice.kind, notice.account, noticeId)
        else options.sent((notice as Notice).kind, (notice as Notice).of, noticeId)
      }
    }
    writer.dropNotice(noticeId)
  }
}

/** A domain whose DMARC policy is reject would lose its bounces otherwise. */
async function signed(built: BuiltNotice, { sign, platform, now }: OutboxOptions): Promise<BuiltNotice> {
  const content = await sign(built.content, platform().notices.from, now)
  return { content, envelope: { ...built.envelope, size: content.length } }
}

/** The original cannot be read just now. */
function later(error: unknown): 'later' {
  if (error instanceof RecordUnavailableError) return 'later'
  throw error
}

/** Other notices wait meanwhile. Milliseconds. */
const CONTENT_PATIENCE_MS = 2000

async function build(id: string, notice: Notice, { broker, reader, held, platform, now }: OutboxOptions) {
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
    // RFC 3461, 5.2.4: nobody wants to hear what became of a notice.
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
    if (!(error instanceof ContentGone)) throw error
    return Buffer.alloc(0)
  }
  return Buffer.concat(pieces)
}
