/** Shares out a bounded number of places among any number of keys: a key may hold `factor` times as many as are free (dynamic
 * thresholds, as switches share out their buffers). One key alone gets `factor / (factor + 1)` of all; the more compete, the less
 * each may hold, and some always stay free for one that comes next. */
export class Shares {
  #used = 0
  readonly #held = new Map<string, number>()
  readonly #total: number
  readonly #factor: number

  constructor(total: number, factor: number) {
    this.#total = total
    this.#factor = factor
  }

  get used(): number {
    return this.#used
  }

  /** False when the key holds its share already. */
  enter(key: string, amount = 1): boolean {
    const held = this.#held.get(key) ?? 0
    const free = this.#total - this.#used
    if (amount > free || held >= this.#factor * free) return false
    this.#held.set(key, held + amount)
    this.#used += amount
    return true
  }

  leave(key: string, amount = 1): void {
    const left = (this.#held.get(key) ?? 0) - amount
    if (left > 0) this.#held.set(key, left)
    else this.#held.delete(key)
    this.#used -= amount
  }
}
