/** When a recipient's submitter wants a notification (RFC 3461, 4.1). Absent means FAILURE and DELAY. */
export type Notify = 'NEVER' | ('SUCCESS' | 'FAILURE' | 'DELAY')[]

/** One RCPT TO. */
export interface Recipient {
  /** `local@domain`, the domain in lower-case A-labels. */
  address: string
  notify?: Notify
  /** ORCPT as received, xtext still encoded: `rfc822;kim@example.org` (RFC 3461, 4.2). */
  orcpt?: string
}

/** What SMTP says about a message beside its content (RFC 5321, 2.3.1), and what the platform noted when it took it. */
export interface Envelope {
  /** Queue id: what the 250 named. Unique, sortable by time. */
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
  /** The sender's address or one in the header needs SMTPUTF8 on the way (RFC 6531); a recipient's own address may need it besides. */
  utf8: boolean
  /** Other text in the header is UTF-8, and the client said SMTPUTF8, as some programs do for every message: so do we to servers that offer it,
   * and to the others the message goes without, as everybody's 8-bit headers do. */
  utf8Text?: boolean
  /** The sending tenant's domain: decides retention, notices and limits. */
  domain: string
  /** The login that submitted it; empty for a notice. */
  credential: string
  /** Milliseconds since the epoch at which the message was taken: the five days count from here. */
  acceptedAt: number
  /** Milliseconds since the epoch before which no attempt is made (RFC 4865); absent: at once. */
  releaseAt?: number
  /** Only by verified TLS to servers that offer REQUIRETLS (RFC 8689). */
  requireTls?: boolean
  /** Milliseconds since the epoch at which a message was taken that was held for review then; `acceptedAt` is its release. */
  heldAt?: number
  /** Octets of the content as stored. */
  size: number
  /** Message-ID field with its angle brackets. */
  messageId: string
  /** Set on a notice: what it tells, about which message. */
  notice?: { of: string; kind: NoticeKind }
}

export type NoticeKind = 'failed' | 'delayed' | 'delivered'

/** When the time in which it is tried begins: a message that is held has none of it used up at its release. */
export const triedSince = ({ acceptedAt, releaseAt = 0 }: Pick<Envelope, 'acceptedAt' | 'releaseAt'>): number =>
  Math.max(acceptedAt, releaseAt)

/** The part of an address after the last `@`, or the empty string. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
