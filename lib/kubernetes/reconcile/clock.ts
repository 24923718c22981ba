/** Time, which tests can control. */
export interface Clock {
  /** Milliseconds; monotonic, unlike the time of day. */
  now(): number
  /** Runs `act` once after `ms`; the result cancels it. */
  after(ms: number, act: () => void): () => void
}

/** Longest delay of a timer; beyond it, Node fires at once. */
const MAX_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, Math.min(ms, MAX_MS))
    return () => clearTimeout(timer)
  },
}
