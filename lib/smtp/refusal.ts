/** Why a client's command or message is refused, with the reply it gets. The text tells what to do about it. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  /** What smtp-server sends as the reply code (RFC 5321, 4.2). */
  readonly responseCode: number
  /** RFC 3463 status. */
  readonly status: string
  /** For the metric and the log: few and fixed. */
  readonly reason: RefusalReason
  constructor(responseCode: number, status: string, text: string, reason: RefusalReason, options?: ErrorOptions) {
    // smtp-server sends the message as it is; see submission-server.ts for why the status is part of it.
    super(`${status} ${text}`, options)
    this.responseCode = responseCode
    this.status = status
    this.reason = reason
  }
}

export const REFUSAL_REASONS = [
  'auth',
  'blocked',
  'sender',
  'recipient',
  'parameter',
  'limit',
  'size',
  'content',
  'suspended',
  'aborted',
  'malware',
  'spam',
  'scanner',
  'queue-unavailable',
  'internal',
] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]
