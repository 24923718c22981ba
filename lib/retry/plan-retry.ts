import type { RetryConfig } from '@postrider/runtime-config/config'
import { retryDelay } from './schedule.ts'

export interface RetryQuestion {
  /** Milliseconds since the epoch, as are `now` and the answer's `at`. */
  acceptedAt: number
  /** Attempts made, from 1. */
  attempt: number
  now: number
  policy: RetryConfig
  random?: () => number
}

/** When the next attempt is to be made, or that there is none: the time since acceptance is over.
 * The last attempt is made at the very end of the lifetime, so no message is given up before it, and none is kept long after. */
export function nextAttempt({
  acceptedAt,
  attempt,
  now,
  policy,
  random,
}: RetryQuestion): { at: number } | { expired: true } {
  const deadline = acceptedAt + policy.lifetimeMs
  if (now >= deadline) return { expired: true }
  return { at: Math.min(now + retryDelay(attempt, policy, random), deadline) }
}
