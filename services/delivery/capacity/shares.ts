/** Divides a bounded number of places among any number of keys. A key may use up to `factor` times as many as are free (the dynamic
 * thresholds by which switches share their buffers). A single key gets `factor / (factor + 1)` of all places. The more keys compete, the
 * fewer each may use, and some places stay free for the next key. */
export class Shares {
  #used = 0
  readonly #usedBy = new Map<string, number>()
  readonly #total: number
  readonly #factor: number

  constructor(total: number, factor: number) {
    this.#total = total
    this.#factor = factor
  }

  get used(): number {
    return this.#used
  }

  /** Takes `amount` places for the key. Returns false if the key has used up its share, or too few places are free. */
  enter(key: string, amount = 1): boolean {
    const used = this.#usedBy.get(key) ?? 0
    const free = this.#total - this.#used
    if (amount > free || used >= this.#factor * free) return false
    this.#usedBy.set(key, used + amount)
    this.#used += amount
    return true
  }

  /** Gives back places that `enter` took. */
  leave(key: string, amount = 1): void {
    const left = (this.#usedBy.get(key) ?? 0) - amount
    if (left > 0) this.#usedBy.set(key, left)
    else this.#usedBy.delete(key)
    this.#used -= amount
  }
}
