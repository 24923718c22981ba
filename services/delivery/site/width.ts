/** An unknown site gets one connection, so that a site that hangs uses no more than that. */
const FIRST_WIDTH = 1
/** A site with slow transactions does not grow beyond this, whatever its policy allows, because each transaction occupies memory while it
 * runs. */
const MAX_SLOW_WIDTH = 10

/** How many simultaneous transactions a site may have. Each success adds one, so the width doubles in the time of one transaction; it is
 * halved when the site wants less. */
export class Width {
  #width = FIRST_WIDTH

  get value(): number {
    return this.#width
  }

  worked(limit: number, slow: boolean): void {
    const maximum = slow ? Math.min(limit, MAX_SLOW_WIDTH) : limit
    if (this.#width < maximum) this.#width++
  }

  halve(): void {
    this.#width = Math.max(FIRST_WIDTH, Math.floor(this.#width / 2))
  }
}
