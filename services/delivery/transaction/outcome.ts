import type { Recipient } from '@postrider/mail/envelope'
import type { Stage as ReplyStage } from '@postrider/reply/category'
import { cut } from '@postrider/reply/cut'
import type { Reply } from '@postrider/smtp/reply'
import { MAX_TEXT_OCTETS } from '@postrider/smtp/reply-bounds'

/** The stage of the SMTP dialogue at which a reply came or an error occurred. Delivery does not authenticate to remotes. */
export type Stage = Exclude<ReplyStage, 'auth'>

/** The result of one recipient in one transaction. */
export interface RecipientResult {
  recipient: Recipient
  /** `delivered`: 2xx to the final dot; `refused`: a 4xx or 5xx reply; `failed`: no valid reply. */
  result: 'delivered' | 'refused' | 'failed'
  /** The remote's reply on one line, such as `250 2.0.0 ok`; for `failed`, a description of what happened. */
  reply: string
  /** For `failed`: the error code of Node, such as `ECONNREFUSED`, or one of this platform, such as TIMEOUT, CLOSED, TLS or PROTOCOL. */
  errorCode?: string
  stage: Stage
  /** No remote sent the reply: this platform refuses in the form of an SMTP reply. */
  ours?: true
  /** The refusal concerns the host, not the message, so the message is retried whatever the code. */
  retry?: true
  /** The recipient follows in a further transaction of the same attempt (series.ts). */
  onward?: boolean
}

export interface Remote {
  host: string
  address: string
  /** Protocol and cipher, or null in clear. */
  tls: string | null
  /** The remote announced DSN, so it got the DSN parameters (RFC 3461). */
  dsn: boolean
}

/** The results of a transaction or an attempt, one for each recipient, in the order of the recipients. */
export interface TransactionOutcome {
  recipients: RecipientResult[]
  remote?: Remote
  /** The connection ended after the final dot and before its reply: the remote may have accepted the message. */
  ambiguous?: boolean
}

/** The same result for all recipients. */
export function forAll(recipients: Recipient[], result: Omit<RecipientResult, 'recipient'>): RecipientResult[] {
  return recipients.map((recipient) => ({ recipient, ...result }))
}

/** The connection could not be made, ended, or timed out, or the remote violated the protocol: there is no valid reply. */
export class ConnectionBrokenError extends Error {
  override readonly name = 'ConnectionBrokenError'
  readonly code: string
  readonly stage: Stage
  /** The host of the connection, once it is known. */
  remote?: Remote
  constructor(code: string, stage: Stage, what: string, options?: ErrorOptions) {
    // Text from certificates and host names is chosen by the remote, and may have any length.
    super(cut(what, MAX_TEXT_OCTETS), options)
    this.code = code
    this.stage = stage
  }
}

/** The remote refused the session with 4xx or 5xx in its greeting or in reply to EHLO or HELO, or it does not meet a requirement of the
 * message (RequireTlsUnmetError). */
export class SessionRefusedError extends Error {
  override readonly name = 'SessionRefusedError'
  readonly reply: Reply
  readonly stage: Stage
  /** The host that refused. */
  remote?: Remote
  constructor(reply: Reply, stage: Stage) {
    super(reply.text)
    this.reply = reply
    this.stage = stage
  }
}
