/** Why a reply refuses, in the order of docs/reply-classification.md, which says what an administrator does about each. */
export const CATEGORIES = [
  'unknown-user',
  'mailbox-full',
  'mailbox-disabled',
  'bad-destination-host',
  'greylisted',
  'rate-limited',
  'blocklisted',
  'reverse-dns',
  'auth-spf',
  'auth-dkim',
  'auth-dmarc',
  'spam-content',
  'virus',
  'message-too-large',
  'policy',
  'relay-denied',
  'tls',
  'protocol-error',
  'network',
  'server-unavailable',
  'other',
] as const

export type Category = (typeof CATEGORIES)[number]

export type Action = 'retry' | 'bounce'

/** The stage of the SMTP session at which the reply was given or the connection failed. `dns` is before any connection, `data` the reply
 * to the DATA command, `content` the sending of the message, `final` the reply to the final dot. */
export type Stage =
  'dns' | 'connect' | 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'content' | 'final'

/** Categories whose 5xx replies are retried nevertheless, because they describe a temporary state and not this message: a listed address
 * is delisted or another one is used, sending slows down, a mailbox is emptied. */
export const RETRIED_WHEN_5XX: ReadonlySet<Category> = new Set(['blocklisted', 'rate-limited', 'mailbox-full'])
