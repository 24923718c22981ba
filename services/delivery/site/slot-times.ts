import { Spread } from './spread.ts'

const MIN_LATER_MS = 250
/** No time is booked further ahead: a site that was slow, or that this process has only begun to speak to, may become quicker. */
const MAX_BOOKED_MS = 2 * 60_000
/** At a site that hangs no time is booked further ahead than it has hung, so that its mail goes on soon after it is well again. */
const MIN_HUNG_MS = 10_000
/** What finds no time to be booked comes back at this pace, after the longest booking. Each return of a job costs the broker a delivery
 * and this process a look-up. */
const OVERFLOW_STEP_MS = 10
/** Pace at which jobs return to a site of which it is not known how long its transactions take. */
const FIRST_STEP_MS = 10
/** Weight of the newest transaction in the average, once there are some. */
const WEIGHT = 0.1

/** How long a site's transactions take, and times at which it will have room, handed out one after the other (GCRA).
 * Times are monotonic milliseconds. */
export class SlotTimes {
  #transactionMs = 0
  #seen = 0
  /** Up to when the site's time is given away already: the theoretical arrival time. */
  #takenUntil = 0
  /** What each of these bookings was given. */
  #share = FIRST_STEP_MS
  readonly #overflow = new Spread(OVERFLOW_STEP_MS)

  /** Mean time of a transaction, when one has ended. */
  get transactionMs(): number | undefined {
    return this.#seen === 0 ? undefined : this.#transactionMs
  }

  took(ms: number): void {
    // The plain mean of the first ten, so that the first one does not weigh for long.
    const weight = Math.max(WEIGHT, 1 / ++this.#seen)
    this.#transactionMs += weight * (Math.max(1, ms) - this.#transactionMs)
  }

  /** Whole milliseconds until the next time that has not been given to anybody. `width` transactions are made at once, `waiting` have
   * been promised the next slots. `oldestMs`: where nothing is known to get on, how long the oldest has been running, since the next may take
   * as long; else 0. */
  next(now: number, { width, waiting, oldestMs }: { width: number; waiting: number; oldestMs: number }): number {
    const share = Math.max(this.#transactionMs, oldestMs, this.#seen === 0 ? FIRST_STEP_MS : 1) / width
    // A site that has become quicker serves jobs that already have a time sooner than announced.
    const taken = Math.max(0, this.#takenUntil - now) * Math.min(1, share / this.#share)
    const wanted = Math.max(taken, waiting * share) + share
    this.#share = share
    const furthest = oldestMs === 0 ? MAX_BOOKED_MS : Math.min(MAX_BOOKED_MS, Math.max(MIN_HUNG_MS, oldestMs))
    this.#takenUntil = now + Math.min(wanted, furthest)
    const overflow = wanted > furthest ? this.#overflow.next(now) : 0
    return Math.round(Math.max(MIN_LATER_MS, this.#takenUntil - now + overflow))
  }
}
