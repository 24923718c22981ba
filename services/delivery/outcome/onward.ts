import type { TransactionOutcome } from '../transaction/outcome.ts'
import { isFinal } from './judge.ts'

export interface AttemptSoFar {
  /** Recipients were settled earlier in the same attempt. */
  progressed: boolean
  /** The lifetime of the message is over. */
  expired: boolean
}

/** Decides whether the recipients that an attempt ran out of time for go on at once, uncounted. Each such round must settle a recipient,
 * so there are at most as many as recipients: a remote that only names a limit, slowly, would otherwise keep the message without
 * an end. Without progress, and when the message expires, the attempt counts like any other. Pure. */
export function boundOnward(outcome: TransactionOutcome, { progressed, expired }: AttemptSoFar): TransactionOutcome {
  if (!expired && (progressed || outcome.recipients.some(isFinal))) return outcome
  return {
    ...outcome,
    recipients: outcome.recipients.map(({ onward, ...result }) =>
      // Some servers say 552 when they have enough recipients (RFC 5321, 4.5.3.1.10): this does not refuse this recipient.
      onward === true ? { ...result, retry: true } : result,
    ),
  }
}
