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
  /** The reverse path of the original message. */
  to: string
  original: Envelope
  outcomes: ReportedOutcome[]
  returned: Returned
  /** Message-ID of the notice, with angle brackets. */
  messageId: string
  date: number
  /** Of a `delivered` report: the next hop does not support DSN, so the sender gets no further report (RFC 3461, 5.2.2). */
  relayed?: boolean
}

export interface ReportedOutcome {
  recipient: Recipient
  /** Enhanced status code (RFC 3463). */
  status: string
  /** The reply of the remote, or a text of this platform if there was none. May contain any characters. */
  reply?: string
  /** The reply is a text of this platform, even if it has the form of an SMTP reply. */
  ours?: boolean
  /** The category of the reply, which selects the advice. */
  category?: OutcomeCategory
  remoteMta?: string
  /** When the outcome occurred. */
  at: number
  /** When the last attempt was made, if not at `at`. */
  lastAttempt?: number
  /** Of a `delayed` report: when the message will expire. */
  willRetryUntil?: number
  /** The Final-Log-ID of the remote (RFC 3464, 2.3.8). */
  finalLog?: string
}
