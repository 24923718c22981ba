/** Beyond this offset nothing is spread any further. */
const MAX_SPREAD_MS = 3_600_000

/** Spreads jobs that come back over time: each call answers an offset that is `stepMs` further from now than the last one's was.
 *
 * The broker hands out jobs that come back before it hands out new ones, so a crowd of them that comes at once, again and again,
 * would keep new mail waiting. */
export class Spread {
  #takenUntil = -Infinity
  readonly #stepMs: number

  constructor(stepMs: number) {
    this.#stepMs = stepMs
  }

  next(now: number): number {
    this.#takenUntil = Math.min(Math.max(this.#takenUntil, now) + this.#stepMs, now + MAX_SPREAD_MS)
    return this.#takenUntil - now
  }
}
