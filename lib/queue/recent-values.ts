/** The values of the most recently set keys: of at least `size` and at most twice as many, in two generations. */
export class RecentValues<Value> {
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  readonly #size: number

  constructor(size = 20_000) {
    this.#size = size
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
