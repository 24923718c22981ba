/** A Map with a limit: when it is full, it drops the key that was not set for longest. For maps that outsiders can make grow. */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  /** Sets a key, which then is the last one to be dropped. */
  set(key: string, value: Value): void {
    this.#entries.delete(key)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size >= this.#max && !oldest.done) this.#entries.delete(oldest.value)
    this.#entries.set(key, value)
  }

  /** Deletes a key; returns whether it existed. */
  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  /** The keys, in the order in which they would be dropped. */
  keys(): MapIterator<string> {
    return this.#entries.keys()
  }
}
