import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Envelope, NoticeKind, Recipient } from '@postrider/mail/envelope'
import type { AttemptEvent, RecipientOutcome } from '@postrider/queue/event'
import { wants } from '@postrider/smtp/dsn-wants'
import { readStored } from '@postrider/broker/stored'
import { DAY_MS } from '@postrider/time/day'

/** A notice to the sender of a message, before it is built. Times are milliseconds since the epoch. */
export interface Notice {
  kind: NoticeKind
  /** Queue id of the message. */
  of: string
  outcomes: { recipient: Recipient; outcome: RecipientOutcome; at: number }[]
  remote?: AttemptEvent['remote']
  /** The body of the message must not be returned. */
  headersOnly?: true
  /** Delayed notices: when the last attempt will be made. */
  retryUntil?: number
}

/** The `notifyDelivered` of a Domain applies to deliveries that are not older than this. Otherwise, a new log would owe a notice for each
 * delivery from before the Domain had it. Milliseconds. */
const NOTIFY_DELIVERED_WITHIN_MS = DAY_MS

/** The notices that an attempt requires (RFC 3461, 5.2 and 6.2). There is none about a notice, whose reverse path is null (RFC 5321,
 * 4.5.5). `notifyDelivered`: that of the Domain now. `now`: the platform's time, milliseconds since the epoch. */
export function noticesFor(event: AttemptEvent, envelope: Envelope, notifyDelivered: boolean, now: number): Notice[] {
  if (envelope.from === '') return []
  const domainNotifiesDelivered = notifyDelivered && now - event.at <= NOTIFY_DELIVERED_WITHIN_MS
  const byAddress = new Map(envelope.recipients.map((recipient) => [recipient.address, recipient]))
  const noticesOf = (kind: 'failed' | 'delivered', state: RecipientOutcome['state']): Notice[] => {
    const outcomes = event.outcomes.flatMap((outcome) => {
      const recipient = byAddress.get(outcome.address)
      if (outcome.state !== state || recipient === undefined) return []
      if (!wants(recipient, kind, domainNotifiesDelivered)) return []
      // A next hop that supports DSN got NOTIFY=SUCCESS, and reports the delivery itself (RFC 3461, 5.2.2).
      const passedOn = kind === 'delivered' && event.remote?.dsn === true && Array.isArray(recipient.notify)
      return passedOn && !domainNotifiesDelivered ? [] : [{ recipient, outcome, at: event.at }]
    })
    return outcomes.length === 0 ? [] : [{ kind, of: event.id, outcomes, remote: event.remote }]
  }
  return [...noticesOf('failed', 'failed'), ...noticesOf('delivered', 'delivered')]
}

/** The queue id of a notice. It is a hash of what the notice reports, so that a duplicate can be detected. `key` identifies the attempt,
 * and is empty for a notice that is sent once for each message. */
export function noticeId(kind: NoticeKind, of: string, key: string): string {
  return `n${createHash('sha256').update(`${kind}\n${of}\n${key}`).digest('hex').slice(0, 25)}`
}

const owed = z.object({ id: z.string(), of: z.string(), notice: z.looseObject({ kind: z.string() }) })

/** Decodes a notice from the quarantine. Throws BadRecordError or NewerRecordError. */
export const owedNotice = (data: Uint8Array): z.infer<typeof owed> =>
  readStored('a notice', Buffer.from(data).toString(), owed)
