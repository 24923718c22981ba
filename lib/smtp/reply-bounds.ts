/** What is read of one reply. A remote that exceeds it takes memory and time that belong to others. */

/** Octets of a reply line that are read; the rest of the line is skipped. RFC 5321, 4.5.3.1.5, allows 512. */
export const MAX_LINE_OCTETS = 2048
/** Lines of one reply, an EHLO answer and a banner included. */
export const MAX_REPLY_LINES = 200
/** Octets of one reply, with what is skipped and what precedes it that is not a reply. */
export const MAX_REPLY_OCTETS = 64 * 1024
/** Octets of a reply's text that are kept, for the log and for classification. */
export const MAX_TEXT_OCTETS = 4096

export type ReplyBound = 'reply-octets' | 'reply-lines'
