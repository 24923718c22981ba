import type { RetryConfig } from '@postrider/runtime-config/config'
import { retryDelay } from './schedule.ts'

export interface RetryQuestion {
  /** When the message was accepted, or released if it was scheduled. Milliseconds since the epoch, as are `now` and the result's `at`. */
  since: number
  /** Number of attempts made, at least 1. */
  attempt: number
  now: number
  /** The earliest that the current time can be, which decides whether a message has expired (see lib/clock); undefined while that is
   * unknown, so that no message expires. `now` by default. */
  certain?: number | undefined
  policy: RetryConfig
  random?: () => number
}

/**
 * Decides when the next attempt is made, or that the message has expired. Pure.
 *
 * The last attempt is made at the very end of the lifetime: no message is given up before it, and none is kept long after it.
 */
export function nextAttempt(question: RetryQuestion): { at: number } | { expired: true } {
  const { since, attempt, now, policy, random } = question
  const certain = 'certain' in question ? question.certain : now
  const deadline = since + policy.lifetimeMs
  if (certain !== undefined && certain >= deadline) return { expired: true }
  const at = now + retryDelay(attempt, policy, random)
  // If the clock is uncertain, the deadline may already have passed by `now`.
  return { at: now < deadline ? Math.min(at, deadline) : at }
}
