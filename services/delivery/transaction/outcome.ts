import type { Recipient } from '@postrider/mail/envelope'
import type { Stage as ReplyStage } from '@postrider/reply/category'
import { cut } from '@postrider/reply/cut'
import type { Reply } from '@postrider/smtp/reply'
import { MAX_TEXT_OCTETS } from '@postrider/smtp/reply-bounds'

/** Where in the dialogue something was answered or went wrong. Nothing logs in at a remote. */
export type Stage = Exclude<ReplyStage, 'auth'>

/** What became of one recipient in one transaction. */
export interface RecipientResult {
  recipient: Recipient
  /** `delivered`: 2xx to the final dot; `refused`: the remote said no; `failed`: there was no answer. */
  result: 'delivered' | 'refused' | 'failed'
  /** The remote's reply on one line, `250 2.0.0 ok`; for `failed`, what happened, in our words. */
  reply: string
  /** For `failed`: the error's code, as Node names it (`ECONNREFUSED`), or one of TIMEOUT, CLOSED, TLS. */
  errorCode?: string
  stage: Stage
  /** A refusal that this platform found out itself, in words of ours that look like a reply: nobody said it. */
  ours?: true
  /** A refusal that speaks of a host, not of the message: tried again, whatever its code. */
  retry?: true
  /** It is asked about in a further transaction of the same attempt (series.ts). */
  onward?: boolean
}

export interface Remote {
  host: string
  address: string
  /** Protocol and cipher, or null in clear. */
  tls: string | null
  /** It announced DSN, so it was given the DSN parameters (RFC 3461). */
  dsn: boolean
}

/** One entry a recipient, in their order. */
export interface TransactionOutcome {
  recipients: RecipientResult[]
  remote?: Remote
  /** The connection ended after the final dot and before its reply: the remote may have the message. */
  ambiguous?: boolean
}

/** The same outcome for all recipients. */
export function forAll(recipients: Recipient[], result: Omit<RecipientResult, 'recipient'>): RecipientResult[] {
  return recipients.map((recipient) => ({ recipient, ...result }))
}

/** The dialogue broke off: no reply came. */
export class ConnectionBrokenError extends Error {
  override readonly name = 'ConnectionBrokenError'
  readonly code: string
  readonly stage: Stage
  /** The host that was asked, once it is known. */
  remote?: Remote
  constructor(code: string, stage: Stage, what: string, options?: ErrorOptions) {
    // Certificates and host names are the remote's words, and as long as it likes.
    super(cut(what, MAX_TEXT_OCTETS), options)
    this.code = code
    this.stage = stage
  }
}

/** The remote does not let us in: a greeting, EHLO or STARTTLS that is answered 4xx or 5xx, or 421 at any time. */
export class TurnedAwayError extends Error {
  override readonly name = 'TurnedAwayError'
  readonly reply: Reply
  readonly stage: Stage
  /** The host that said it. */
  remote?: Remote
  constructor(reply: Reply, stage: Stage) {
    super(reply.text)
    this.reply = reply
    this.stage = stage
  }
}
