/** Whether to ask a scanner at all: after some failures in a row it is not asked for a while, so that a daemon that hangs costs
 * no message its time-out. Then one message tries it, while the others go on without. */
export interface Breaker {
  /** True when the scanner may be asked now; every true must be followed by `succeeded` or `failed`. */
  admits(): boolean
  succeeded(): void
  failed(): void
  readonly state: BreakerState
}

export type BreakerState = 'closed' | 'open' | 'half-open'

export interface BreakerOptions {
  /** Failures in a row that open it. */
  failures: number
  /** For how long it stays open. Milliseconds. */
  openMs: number
  now: () => number
}

export function createBreaker({ failures, openMs, now }: BreakerOptions): Breaker {
  let failed = 0
  let openUntil = 0
  let trying = false
  const isOpen = (): boolean => failed >= failures
  return {
    admits() {
      if (!isOpen()) return true
      if (trying || now() < openUntil) return false
      trying = true
      return true
    },
    succeeded() {
      failed = 0
      trying = false
    },
    failed() {
      failed++
      trying = false
      // Those that were asked before it opened fail later; they must not keep it open for longer.
      if (isOpen() && openUntil <= now()) openUntil = now() + openMs
    },
    get state() {
      if (!isOpen()) return 'closed'
      return trying || now() >= openUntil ? 'half-open' : 'open'
    },
  }
}
