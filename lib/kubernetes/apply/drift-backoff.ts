/** How often an object was corrected recently. */
export interface Contest {
  corrections: number
  lastAt: number
}

/** Corrections without a delay, for a person who tries something out. */
const FREE_CORRECTIONS = 5
const FIRST_MS = 10_000
const MAX_MS = 5 * 60_000
/** Without a correction for this long, plus the wait, the count restarts. */
const FORGET_MS = 10 * 60_000

/** Minimum time between the last correction and the next; 0 means at once. */
const spacingMs = ({ corrections }: Contest): number =>
  corrections < FREE_CORRECTIONS ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(corrections - FREE_CORRECTIONS, 10))

/** Milliseconds until the next correction is allowed: two clients must not correct each other endlessly. */
export function truceMs(contest: Contest | undefined, now: number): number {
  return contest === undefined ? 0 : Math.max(0, contest.lastAt + spacingMs(contest) - now)
}

export function corrected(contest: Contest | undefined, now: number): Contest {
  const forgotten = contest === undefined || now - contest.lastAt > spacingMs(contest) + FORGET_MS
  return { corrections: (forgotten ? 0 : contest.corrections) + 1, lastAt: now }
}

export const isContested = (contest: Contest): boolean => contest.corrections >= FREE_CORRECTIONS
