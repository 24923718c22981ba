import type { Taken } from '@postrider/queue/take'

/** The attempts that this process is making, by attempt key. If the broker delivers a job twice, the two attempts never run at once. */
export class InFlight {
  readonly #attempts = new Map<string, { taken: Pick<Taken, 'inFlight'>; over: Promise<unknown> }>()

  /** Whether this worker expects to finish the attempt. Answers the question of another worker. */
  has(key: string): boolean {
    return this.#attempts.get(key)?.taken.inFlight ?? false
  }

  /** Waits until earlier attempts with the same key have ended, then runs `attempt`. Rejects if `attempt` rejects. */
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
