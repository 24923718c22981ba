import { MAX_REPLY_LINES, MAX_REPLY_OCTETS } from '@postrider/smtp/reply-bounds'
import type { ReplyBound } from '@postrider/smtp/reply-bounds'

/** Bounds on what a remote may send. Without them a remote could use up our memory or time. */

/** Octets of a reply that are stored in the queue: in an event, a deferred job or a notice. */
export const MAX_QUEUED_OCTETS = 512
/** Unread octets on a connection. */
export const MAX_UNREAD_OCTETS = 64 * 1024
/** Replies that answer no command. A 421 is legitimate, little else is. */
export const MAX_UNASKED_REPLIES = 5
/** Keywords in an EHLO reply. The IANA registry (RFC 5321, 2.2.2) has some forty. */
export const MAX_KEYWORDS = 100
/** Octets of a host name that are stored in the queue. The DNS allows 255, but a resolver escapes unusual octets, which makes a name
 * longer. */
export const MAX_HOST_OCTETS = 255

export type Bound = ReplyBound | 'unread-octets' | 'unasked-replies' | 'keywords'

/** Connections closed since the process started because the remote exceeded a bound. */
export const brokenBounds: Record<Bound, number> = {
  'reply-octets': 0,
  'reply-lines': 0,
  'unread-octets': 0,
  'unasked-replies': 0,
  keywords: 0,
}

/** Texts for replies and notices. */
export const BOUND_TEXTS: Readonly<Record<Bound, string>> = {
  'reply-octets': `the remote sent more than ${MAX_REPLY_OCTETS} octets without completing a reply`,
  'reply-lines': `the remote sent a reply of more than ${MAX_REPLY_LINES} lines`,
  'unread-octets': `the remote sent more than ${MAX_UNREAD_OCTETS} octets that answer no command`,
  'unasked-replies': `the remote sent more than ${MAX_UNASKED_REPLIES} replies that answer no command`,
  keywords: `the remote announced more than ${MAX_KEYWORDS} extensions`,
}
