import type { OutcomeCategory } from '@postrider/queue/event'
import type { Envelope, NoticeKind, Recipient } from '@postrider/mail/envelope'
import type { Returned } from './returned.ts'

/** The content of a notice about a message. Times are milliseconds since the epoch. */
export interface Report {
  kind: NoticeKind
  /** Host name of this platform. */
  reportingMta: string
  /** `MAILER-DAEMON@host`. */
  from: string
  /** The original's reverse path. */
  to: string
  original: Envelope
  outcomes: ReportedOutcome[]
  returned: Returned
  /** Of the notice, with its angle brackets. */
  messageId: string
  date: number
  /** On a `delivered` report: the next hop does not speak DSN, so that this is the last the sender hears (RFC 3461, 5.2.2). */
  relayed?: boolean
}

export interface ReportedOutcome {
  recipient: Recipient
  /** RFC 3463. */
  status: string
  /** The remote host's words, or ours when none answered. May hold anything. */
  reply?: string
  /** The reply is ours, whatever it looks like. */
  ours?: boolean
  /** As the reply was classified: chooses the advice. */
  category?: OutcomeCategory
  remoteMta?: string
  /** When this came about. */
  at: number
  /** When the last attempt was made, if not at `at`. */
  lastAttempt?: number
  /** On a `delayed` report: when the message is given up. */
  willRetryUntil?: number
  /** What the remote's log calls the message (RFC 3464, 2.3.8). */
  finalLog?: string
}
