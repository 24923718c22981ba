/** Limits on one reply. A remote that exceeds them would use memory and time that other connections need. */

/** Octets of a reply line that are kept; the rest of the line is skipped. RFC 5321, 4.5.3.1.5, allows 512. */
export const MAX_LINE_OCTETS = 2048
/** Lines of one reply, including an EHLO reply or a greeting. */
export const MAX_REPLY_LINES = 200
/** Octets of one reply, including skipped ones and preceding lines that are not SMTP. */
export const MAX_REPLY_OCTETS = 64 * 1024
/** Octets of a reply's text that are kept, for the log and for classification. */
export const MAX_TEXT_OCTETS = 4096

export type ReplyBound = 'reply-octets' | 'reply-lines'
