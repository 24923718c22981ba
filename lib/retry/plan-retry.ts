import type { RetryConfig } from '@postrider/runtime-config/config'
import { retryDelay } from './schedule.ts'

export interface RetryQuestion {
  /** Acceptance, or release of a message that was held. Milliseconds since the epoch, as are `now` and the answer's `at`. */
  since: number
  /** Attempts made, from 1. */
  attempt: number
  now: number
  policy: RetryConfig
  random?: () => number
}

/** When the next attempt is to be made, or that there is none: the time since then is over.
 * The last attempt is made at the very end of the lifetime, so no message is given up before it, and none is kept long after. */
export function nextAttempt({
  since,
  attempt,
  now,
  policy,
  random,
}: RetryQuestion): { at: number } | { expired: true } {
  const deadline = since + policy.lifetimeMs
  if (now >= deadline) return { expired: true }
  return { at: Math.min(now + retryDelay(attempt, policy, random), deadline) }
}
