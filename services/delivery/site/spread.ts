/** Longest offset. Milliseconds. */
const MAX_SPREAD_MS = 3_600_000

/** Spreads the return of postponed jobs over time: each call reserves a time that is `stepMs` milliseconds after the last one.
 *
 * The broker delivers returned jobs before new ones, so many jobs that return at the same time, again and again, would delay new mail. */
export class Spread {
  #takenUntil = -Infinity
  readonly #stepMs: number

  constructor(stepMs: number) {
    this.#stepMs = stepMs
  }

  /** Milliseconds from `now` until the reserved time. */
  next(now: number): number {
    this.#takenUntil = Math.min(Math.max(this.#takenUntil, now) + this.#stepMs, now + MAX_SPREAD_MS)
    return this.#takenUntil - now
  }
}
