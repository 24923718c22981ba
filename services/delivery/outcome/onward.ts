import type { TransactionOutcome } from '../transaction/outcome.ts'
import { isFinal } from './decide-outcome.ts'

export interface AttemptSoFar {
  /** Recipients were settled earlier in the same attempt. */
  progressed: boolean
  /** The lifetime of the message has ended. */
  expired: boolean
}

/** Decides whether the recipients for which an attempt had no time continue at once, without counting the attempt. Each such attempt must
 * settle a recipient, so there are at most as many as recipients. Otherwise a slow remote that only states a limit would keep the message
 * in the queue without an end. Without progress, and when the message has expired, the attempt counts like any other. Pure. */
export function boundOnward(outcome: TransactionOutcome, { progressed, expired }: AttemptSoFar): TransactionOutcome {
  if (!expired && (progressed || outcome.recipients.some(isFinal))) return outcome
  return {
    ...outcome,
    recipients: outcome.recipients.map(({ onward, ...result }) =>
      // Some servers send 552 when they have enough recipients (RFC 5321, 4.5.3.1.10). It does not refuse this recipient permanently.
      onward === true ? { ...result, retry: true } : result,
    ),
  }
}
