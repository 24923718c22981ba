/** The most recently added keys: at least `size` and at most twice as many, in two generations. */
export class RecentKeys {
  #young = new Set<string>()
  #old = new Set<string>()
  readonly #size: number

  constructor(size = 20_000) {
    this.#size = size
  }

  add(key: string): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(key)
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  /** Forgets a key; returns whether it was known. */
  delete(key: string): boolean {
    const wasYoung = this.#young.delete(key)
    return this.#old.delete(key) || wasYoung
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
