/** A client's command or message is refused. Carries the reply, whose text says what to do about it. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  /** The reply code (RFC 5321, 4.2), under the name that smtp-server reads. */
  readonly responseCode: number
  /** RFC 3463 status. */
  readonly status: string
  /** Reason for the metric and the log, from a small fixed set. */
  readonly reason: RefusalReason
  constructor(responseCode: number, status: string, text: string, reason: RefusalReason, options?: ErrorOptions) {
    // smtp-server sends the message unchanged; see submission-server.ts for why the status is part of it.
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
