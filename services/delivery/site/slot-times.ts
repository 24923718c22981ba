import { Spread } from './spread.ts'

const MIN_LATER_MS = 250
/** Longest time ahead that is booked. Milliseconds. A site that was slow, or is new to this process, may become quicker. */
const MAX_BOOKED_MS = 2 * 60_000
/** At a site that hangs, no time is booked further ahead than it has hung, but at least this. Milliseconds. Its mail then resumes soon
 * after it recovers. */
const MIN_HUNG_MS = 10_000
/** Interval between jobs that return after the longest booking, because no earlier time is free. Milliseconds. Each return costs the broker
 * a delivery and this process a lookup. */
const OVERFLOW_STEP_MS = 10
/** Interval between jobs that return to a site whose transaction time is not known yet. Milliseconds. */
const FIRST_STEP_MS = 10
/** Weight of the newest transaction in the moving average. */
const WEIGHT = 0.1

/** Measures how long the transactions of a site take, and books the times at which postponed jobs return, one after the other (GCRA, the
 * generic cell rate algorithm). Times are monotonic, in milliseconds. */
export class SlotTimes {
  #transactionMs = 0
  #seen = 0
  /** The end of the last booking: the theoretical arrival time of GCRA. */
  #takenUntil = 0
  /** Length of one booking at the last call. */
  #share = FIRST_STEP_MS
  readonly #overflow = new Spread(OVERFLOW_STEP_MS)

  /** Mean time of a transaction; undefined until one has ended. */
  get transactionMs(): number | undefined {
    return this.#seen === 0 ? undefined : this.#transactionMs
  }

  took(ms: number): void {
    // The plain mean of the first ten transactions, so that the first one does not dominate the average for long.
    const weight = Math.max(WEIGHT, 1 / ++this.#seen)
    this.#transactionMs += weight * (Math.max(1, ms) - this.#transactionMs)
  }

  /** Books the next free time, and returns the whole milliseconds until then. `width`: simultaneous transactions. `waiting`: waiters that
   * get their slots first. `oldestMs`: how long the oldest transaction has been running if none is known to progress, because the next may
   * take as long; else 0. */
  next(now: number, { width, waiting, oldestMs }: { width: number; waiting: number; oldestMs: number }): number {
    const share = Math.max(this.#transactionMs, oldestMs, this.#seen === 0 ? FIRST_STEP_MS : 1) / width
    // A site that has become quicker reaches the booked jobs sooner, so the bookings shrink in proportion.
    const taken = Math.max(0, this.#takenUntil - now) * Math.min(1, share / this.#share)
    const wanted = Math.max(taken, waiting * share) + share
    this.#share = share
    const furthest = oldestMs === 0 ? MAX_BOOKED_MS : Math.min(MAX_BOOKED_MS, Math.max(MIN_HUNG_MS, oldestMs))
    this.#takenUntil = now + Math.min(wanted, furthest)
    const overflow = wanted > furthest ? this.#overflow.next(now) : 0
    return Math.round(Math.max(MIN_LATER_MS, this.#takenUntil - now + overflow))
  }
}
