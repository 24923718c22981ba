export interface Rate {
  burst: number
  perMinute: number
}

/** Permits for something that may happen `burst` times at once, and `perMinute` times a minute in the long run. */
export interface TokenBucket {
  /** Takes a permit and returns 0, or returns the milliseconds until there is one. */
  take(now: number): number
  /** Whether all permits are available. */
  full(now: number): boolean
}

export function tokenBucket({ burst, perMinute }: Rate, madeAt: number): TokenBucket {
  let tokens = burst
  let at = madeAt
  const refill = (now: number): void => {
    tokens = Math.min(burst, tokens + ((now - at) * perMinute) / 60_000)
    at = now
  }
  return {
    take(now) {
      refill(now)
      // A shortage of a thousandth is a rounding error, and would cost a timer of 0 ms.
      if (tokens < 0.999) return Math.ceil(((1 - tokens) * 60_000) / perMinute)
      tokens -= 1
      return 0
    },
    full(now) {
      refill(now)
      return tokens >= burst
    },
  }
}
