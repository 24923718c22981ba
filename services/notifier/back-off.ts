/** Delay after the first failure; doubles with each further one. Milliseconds. */
const FIRST_MS = 1000
/** Longest delay. Milliseconds. */
const MAX_MS = 60_000
/** Failed keys that are remembered. Beyond that the oldest is forgotten, so it is retried early. */
const MAX_KEYS = 10_000

interface Failed {
  tries: number
  /** By the monotonic clock. */
  notBefore: number
}

/** Delays the retry of what failed, by key. Other keys are not delayed. `clock` returns a monotonic time in milliseconds. */
export class BackOff {
  readonly #failed = new Map<string, Failed>()
  readonly #clock: () => number

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  get size(): number {
    return this.#failed.size
  }

  /** Whether the key has not failed, or its delay is over. */
  isDue(key: string): boolean {
    const failed = this.#failed.get(key)
    return failed === undefined || this.#clock() >= failed.notBefore
  }

  /** Records a failure. Returns the number of consecutive failures, including this one. */
  failed(key: string): number {
    const tries = (this.#failed.get(key)?.tries ?? 0) + 1
    const delay = Math.min(MAX_MS, FIRST_MS * 2 ** (tries - 1))
    this.#failed.delete(key)
    this.#failed.set(key, { tries, notBefore: this.#clock() + delay })
    const [oldest] = this.#failed.keys()
    if (this.#failed.size > MAX_KEYS && oldest !== undefined) this.#failed.delete(oldest)
    return tries
  }

  /** Records a success: forgets the failures of the key. */
  done(key: string): void {
    this.#failed.delete(key)
  }
}
