/** Time, so that tests can tell it. */
export interface Clock {
  /** Milliseconds; never goes back, unlike the time of day. */
  now(): number
  /** Runs `act` once after `ms`; the result calls it off. */
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
