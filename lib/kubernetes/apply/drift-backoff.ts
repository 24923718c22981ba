/** How often something was put back of late. */
export interface Contest {
  corrections: number
  lastAt: number
}

/** So many corrections are nobody's contest: a person who tries things out. */
const FREE_CORRECTIONS = 5
const FIRST_MS = 10_000
const MAX_MS = 5 * 60_000
/** Peace for so long, beyond the wait, and all is forgotten. */
const FORGET_MS = 10 * 60_000

/** How long after the last correction the next one may be; 0 for at once. */
const spacingMs = ({ corrections }: Contest): number =>
  corrections < FREE_CORRECTIONS ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(corrections - FREE_CORRECTIONS, 10))

/** Milliseconds until it may be put back again: two who correct each other must not do so without end. */
export function truceMs(contest: Contest | undefined, now: number): number {
  return contest === undefined ? 0 : Math.max(0, contest.lastAt + spacingMs(contest) - now)
}

export function corrected(contest: Contest | undefined, now: number): Contest {
  const forgotten = contest === undefined || now - contest.lastAt > spacingMs(contest) + FORGET_MS
  return { corrections: (forgotten ? 0 : contest.corrections) + 1, lastAt: now }
}

export const isContested = (contest: Contest): boolean => contest.corrections >= FREE_CORRECTIONS
