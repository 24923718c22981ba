import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Envelope, NoticeKind, Recipient } from '@postrider/mail/envelope'
import type { AttemptEvent, RecipientOutcome } from '@postrider/queue/event'
import { wants } from '@postrider/smtp/dsn-wants'
import { readStored } from '@postrider/broker/stored'

/** A notice that is owed to a submitter. */
export interface Notice {
  kind: NoticeKind
  /** Queue id of the message it tells about. */
  of: string
  outcomes: { recipient: Recipient; outcome: RecipientOutcome; at: number }[]
  remote?: AttemptEvent['remote']
  /** The content is not sent back to anybody. */
  headersOnly?: true
  /** Delayed notices: the last attempt will be made then. */
  retryUntil?: number
}

/** Which notices an attempt owes the submitter (RFC 3461, 5.2 and 6.2; RFC 5321, 4.5.5: none about a notice). */
export function noticesFor(event: AttemptEvent, envelope: Envelope, domainNotifiesDelivered: boolean): Notice[] {
  if (envelope.from === '') return []
  const byAddress = new Map(envelope.recipients.map((recipient) => [recipient.address, recipient]))
  const noticesOf = (kind: 'failed' | 'delivered', state: RecipientOutcome['state']): Notice[] => {
    const outcomes = event.outcomes.flatMap((outcome) => {
      const recipient = byAddress.get(outcome.address)
      if (outcome.state !== state || recipient === undefined) return []
      if (!wants(recipient, kind, domainNotifiesDelivered)) return []
      // A next hop that speaks DSN was given NOTIFY=SUCCESS and tells of the delivery itself (RFC 3461, 5.2.2).
      const passedOn = kind === 'delivered' && event.remote?.dsn === true && Array.isArray(recipient.notify)
      return passedOn && !domainNotifiesDelivered ? [] : [{ recipient, outcome, at: event.at }]
    })
    return outcomes.length === 0 ? [] : [{ kind, of: event.id, outcomes, remote: event.remote }]
  }
  return [...noticesOf('failed', 'failed'), ...noticesOf('delivered', 'delivered')]
}

/** The queue id of a notice follows from what it tells, so that telling it twice can be noticed: `key` names the attempt,
 * or is empty for a notice sent once per message. */
export function noticeId(kind: NoticeKind, of: string, key: string): string {
  return `n${createHash('sha256').update(`${kind}\n${of}\n${key}`).digest('hex').slice(0, 25)}`
}

const owed = z.object({ id: z.string(), of: z.string(), notice: z.looseObject({ kind: z.string() }) })

/** A notice that went to the quarantine. Throws BadRecordError and NewerRecordError. */
export const owedNotice = (data: Uint8Array): z.infer<typeof owed> =>
  readStored('a notice', Buffer.from(data).toString(), owed)
