/** Between two tries at the same thing: doubles from the first to the last. Milliseconds. */
const FIRST_MS = 1000
const MAX_MS = 60_000
/** Things that are remembered to have failed; beyond that the oldest is tried again early. */
const MAX_KEYS = 10_000

interface Failed {
  tries: number
  /** By the monotonic clock. */
  notBefore: number
}

/** Delays what fails and nothing else: a row that cannot be dealt with is tried again later, and those after it have their turn. */
export class BackOff {
  readonly #failed = new Map<string, Failed>()
  readonly #clock: () => number

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  get size(): number {
    return this.#failed.size
  }

  isDue(key: string): boolean {
    const failed = this.#failed.get(key)
    return failed === undefined || this.#clock() >= failed.notBefore
  }

  /** How often it has failed in a row, this time included. */
  failed(key: string): number {
    const tries = (this.#failed.get(key)?.tries ?? 0) + 1
    const delay = Math.min(MAX_MS, FIRST_MS * 2 ** (tries - 1))
    this.#failed.delete(key)
    this.#failed.set(key, { tries, notBefore: this.#clock() + delay })
    const [oldest] = this.#failed.keys()
    if (this.#failed.size > MAX_KEYS && oldest !== undefined) this.#failed.delete(oldest)
    return tries
  }

  done(key: string): void {
    this.#failed.delete(key)
  }
}
