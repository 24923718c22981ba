/** A Map that forgets what was not set for longest once it is full: what outsiders can make grow must have a bound. */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  /** Makes the key the last one to be forgotten. */
  set(key: string, value: Value): void {
    this.#entries.delete(key)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size >= this.#most && !oldest.done) this.#entries.delete(oldest.value)
    this.#entries.set(key, value)
  }

  /** Whether it was there. */
  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  /** The one that is forgotten next is the first. */
  keys(): MapIterator<string> {
    return this.#entries.keys()
  }
}
