/** A site that nothing is known about gets one connection: one that hangs holds no more than that. */
const FIRST_WIDTH = 1
/** A site whose transactions take long is given no more than this, whatever its policy allows: each one occupies memory for as long. */
const MAX_SLOW_WIDTH = 10

/** How many transactions a site may have at once: one more for each success, which doubles it in the time of a transaction, and
 * half as many when the site wants less (additive increase, multiplicative decrease). */
export class Width {
  #width = FIRST_WIDTH

  get value(): number {
    return this.#width
  }

  worked(limit: number, slow: boolean): void {
    const most = slow ? Math.min(limit, MAX_SLOW_WIDTH) : limit
    if (this.#width < most) this.#width++
  }

  halve(): void {
    this.#width = Math.max(FIRST_WIDTH, Math.floor(this.#width / 2))
  }
}
