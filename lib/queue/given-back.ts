/** What this worker gave back unattempted, of one stream. A job that comes to the same worker in its very next delivery was in nobody else's
 * hand meanwhile, so its attempt need not be looked up. At least the last `size` jobs, at most twice that. */
export class GivenBack {
  #young = new Map<number, number>()
  #old = new Map<number, number>()
  readonly #size: number

  constructor(size = 20_000) {
    this.#size = size
  }

  /** `delivery`: how often the broker had given out the record of this sequence number. */
  add(seq: number, delivery: number): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(seq, delivery)
  }

  /** Whether the delivery before this one was given back here. Forgets it. */
  isNext(seq: number, delivery: number): boolean {
    const before = this.#young.get(seq) ?? this.#old.get(seq)
    this.#young.delete(seq)
    this.#old.delete(seq)
    return before === delivery - 1
  }

  /** A broker that was away may count deliveries anew. */
  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
