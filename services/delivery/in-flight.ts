import type { Taken } from '@postrider/queue/take'

/** The attempts that this process is making, by their key: one that the broker gives out twice is made once. */
export class InFlight {
  readonly #attempts = new Map<string, { taken: Pick<Taken, 'inFlight'>; over: Promise<unknown> }>()

  /** For the other workers: whether this one will finish the attempt. */
  has(key: string): boolean {
    return this.#attempts.get(key)?.taken.inFlight ?? false
  }

  /** Makes an attempt when an earlier one with the same key is over. */
  async run(key: string, taken: Pick<Taken, 'inFlight'>, attempt: () => Promise<void>): Promise<void> {
    for (let other = this.#attempts.get(key); other !== undefined; other = this.#attempts.get(key)) await other.over
    const { promise: over, resolve } = Promise.withResolvers<undefined>()
    this.#attempts.set(key, { taken, over })
    try {
      await attempt()
    } finally {
      this.#attempts.delete(key)
      resolve(undefined)
    }
  }
}
