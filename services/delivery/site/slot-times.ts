const SHORTEST_LATER_MS = 250
/** Each return of a job costs the broker a delivery and a look-up: 100,000 jobs of a slow site at this pace are 170 a second. */
const LONGEST_LATER_MS = 10 * 60_000
/** Assumed until a site has shown how long its transactions take. */
const FIRST_TRANSACTION_MS = 250
/** Weight of the newest transaction in the average, once there are some. */
const WEIGHT = 0.1

/** Hands out times at which a site will have room, one after the other (GCRA), from how long its transactions take. */
export class SlotTimes {
  #transactionMs = FIRST_TRANSACTION_MS
  #seen = 0
  /** Up to when the site's time is given away already: the theoretical arrival time. */
  #takenUntil = 0

  took(ms: number): void {
    // The plain mean of the first ten, so that the guess does not last.
    const weight = Math.max(WEIGHT, 1 / ++this.#seen)
    this.#transactionMs += weight * (Math.max(1, ms) - this.#transactionMs)
  }

  /** Milliseconds, whole, until the next slot that nobody has been told of yet. */
  next(now: number, width: number, waiting: number): number {
    const share = this.#transactionMs / width
    const wanted = Math.max(this.#takenUntil, now + waiting * share) + share
    // Beyond the longest wait no time is given away, or a backlog that was cancelled would keep the site booked for hours.
    this.#takenUntil = Math.min(wanted, now + LONGEST_LATER_MS)
    return Math.round(Math.max(SHORTEST_LATER_MS, this.#takenUntil - now))
  }
}
