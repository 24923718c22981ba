/** When the submitter requests a notification for a recipient (RFC 3461, 4.1). Absent means FAILURE and DELAY. */
export type Notify = 'NEVER' | ('SUCCESS' | 'FAILURE' | 'DELAY')[]

/** One RCPT TO. */
export interface Recipient {
  /** `local@domain`, the domain in lower-case A-labels. */
  address: string
  notify?: Notify
  /** ORCPT as received, xtext still encoded: `rfc822;kim@example.org` (RFC 3461, 4.2). */
  orcpt?: string
}

/** The SMTP envelope of a message (RFC 5321, 2.3.1), and what the platform recorded when it accepted the message. */
export interface Envelope {
  /** Queue id, as named in the 250 reply. Unique, sortable by time. */
  id: string
  /** Reverse path; empty for a notice (RFC 5321, 4.5.5). */
  from: string
  recipients: Recipient[]
  /** RET (RFC 3461, 4.3): what a failure notice returns. */
  ret?: 'FULL' | 'HDRS'
  /** ENVID as received, xtext still encoded (RFC 3461, 4.4). */
  envid?: string
  /** BODY=8BITMIME was given, or the content has octets over 127 (RFC 6152). */
  eightBit: boolean
  /** The sender's address or one in the header needs SMTPUTF8 (RFC 6531). A recipient's address may need it as well, for its own
   * delivery. */
  utf8: boolean
  /** Other text in the header is UTF-8, and the client gave SMTPUTF8, as some programs do for every message. The message is then sent
   * with SMTPUTF8 to servers that offer it, and without to others, as is common for 8-bit headers. */
  utf8Text?: boolean
  /** The tenant's domain that sends the message; retention, notices and limits depend on it. */
  domain: string
  /** The credential that submitted it; empty for a notice. */
  credential: string
  /** When the message was accepted, milliseconds since the epoch. The five days of attempts begin here. */
  acceptedAt: number
  /** When the first attempt may be made (RFC 4865), milliseconds since the epoch; absent: at once. */
  releaseAt?: number
  /** Deliver only over verified TLS to servers that offer REQUIRETLS (RFC 8689). */
  requireTls?: boolean
  /** Of a message that was held for review: when it was accepted, milliseconds since the epoch. `acceptedAt` is then the time of its
   * release. */
  heldAt?: number
  /** Size of the content as stored, in octets. */
  size: number
  /** Value of the Message-ID field, with its angle brackets. */
  messageId: string
  /** Set on a notice: its kind, and the id of the message it is about. */
  notice?: { of: string; kind: NoticeKind }
}

export type NoticeKind = 'failed' | 'delayed' | 'delivered'

/** When the time allowed for attempts begins, milliseconds since the epoch: for a scheduled message, at its release. */
export const triedSince = ({ acceptedAt, releaseAt = 0 }: Pick<Envelope, 'acceptedAt' | 'releaseAt'>): number =>
  Math.max(acceptedAt, releaseAt)

/** The part of an address after the last `@`, or the empty string. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
