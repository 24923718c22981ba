/** A circuit breaker for a scanner. After several consecutive failures nothing is sent to the scanner for a while, so that messages do not
 * each wait for the timeout of a daemon that hangs. Then one message is sent as a probe, while the others go on without a scan. */
export interface Breaker {
  /** True if a message may be sent to the scanner now. The caller must report the result of each one with `succeeded` or `failed`. */
  admits(): boolean
  succeeded(): void
  failed(): void
  readonly state: BreakerState
}

export type BreakerState = 'closed' | 'open' | 'half-open'

export interface BreakerOptions {
  /** Consecutive failures that open the breaker. */
  failures: number
  /** How long it stays open before a probe. Milliseconds. */
  openMs: number
  /** Milliseconds, monotonic. */
  now: () => number
}

/** Creates a closed breaker. */
export function createBreaker({ failures, openMs, now }: BreakerOptions): Breaker {
  let failed = 0
  let openUntil = 0
  let probing = false
  const isOpen = (): boolean => failed >= failures
  return {
    admits() {
      if (!isOpen()) return true
      if (probing || now() < openUntil) return false
      probing = true
      return true
    },
    succeeded() {
      failed = 0
      probing = false
    },
    failed() {
      failed++
      probing = false
      // Requests that were admitted before the breaker opened may fail later; they must not extend the open time.
      if (isOpen() && openUntil <= now()) openUntil = now() + openMs
    },
    get state() {
      if (!isOpen()) return 'closed'
      return probing || now() >= openUntil ? 'half-open' : 'open'
    },
  }
}
