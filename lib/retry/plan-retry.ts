import type { RetryConfig } from '@postrider/runtime-config/config'
import { retryDelay } from './schedule.ts'

export interface RetryQuestion {
  /** Acceptance, or release of a message that was held. Milliseconds since the epoch, as are `now` and the answer's `at`. */
  since: number
  /** Attempts made, from 1. */
  attempt: number
  now: number
  /** The time that it is at least, by which a message expires (see lib/clock); undefined while that is not known, so that nothing
   * does. `now` by default. */
  certain?: number | undefined
  policy: RetryConfig
  random?: () => number
}

/** When the next attempt is to be made, or that there is none since the message has expired.
 * The last attempt is made at the very end of the lifetime: no message is given up before it, and none is kept long after. */
export function nextAttempt(question: RetryQuestion): { at: number } | { expired: true } {
  const { since, attempt, now, policy, random } = question
  const certain = 'certain' in question ? question.certain : now
  const deadline = since + policy.lifetimeMs
  if (certain !== undefined && certain >= deadline) return { expired: true }
  const at = now + retryDelay(attempt, policy, random)
  // By a clock in doubt the deadline may have passed already.
  return { at: now < deadline ? Math.min(at, deadline) : at }
}
