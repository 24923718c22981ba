import type { Job } from '@postrider/queue/job'
import type { Attempt } from '../attempt.ts'
import { forAll } from '../transaction/outcome.ts'
import type { TransactionOutcome } from '../transaction/outcome.ts'

/** Wraps `attempt`, so that an attempt that rejects counts as a temporary failure: the job is deferred with growing delays, and bounces at
 * the end of its lifetime. If it were left unacknowledged, it would be attempted every 30 seconds without an end. `fault` is called for the
 * log. */
export function deferOnFault(attempt: Attempt, fault: (error: unknown, job: Job) => void): Attempt {
  return async (...given) => {
    const [{ job }] = given
    try {
      return await attempt(...given)
    } catch (error) {
      fault(error, job)
      return localFault(job)
    }
  }
}

const localFault = ({ envelope }: Job): TransactionOutcome => ({
  recipients: forAll(envelope.recipients, {
    result: 'refused',
    reply: '451 4.3.0 the attempt failed on this platform, before the remote server answered',
    ours: true,
    stage: 'content',
  }),
})
