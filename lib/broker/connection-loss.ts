/** The connection to the broker was lost for longer than the caller waits. */
export class BrokerAwayError extends Error {
  override readonly name = 'BrokerAwayError'
  constructor(awayMs: number) {
    super(`the broker has been away for ${Math.round(awayMs)} ms`)
  }
}

/** What of a connection decides about the answers that are still due on it. */
export interface Line {
  /** False while the connection is down. */
  readonly connected: boolean
  /** True after it was closed for good. */
  isClosed(): boolean
  onReconnect(run: () => void): void
}

interface Waiter {
  reconnected: () => void
  away: (ms: number) => void
}

const WATCH_MS = 500

/** An answer that was due on a connection that got lost never comes. Those who wait for one learn it here: when the connection is back, or
 * when it has been away for longer than they wait. */
export class ConnectionLoss {
  readonly #waiters = new Set<Waiter>()
  readonly #line: Line
  #watch: NodeJS.Timeout | undefined
  #lostAt: number | undefined

  constructor(line: Line) {
    this.#line = line
    line.onReconnect(() => {
      for (const waiter of [...this.#waiters]) waiter.reconnected()
    })
  }

  /** The promise's result, or undefined when the connection was lost and came back before it. Rejects with BrokerAwayError when the
   * connection is away for so long at a stretch. */
  unlessReconnected<T>(promise: Promise<T>, awayMs = Infinity): Promise<T | undefined> {
    this.#watch ??= setInterval(() => this.#look(), WATCH_MS).unref()
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        reconnected: () => resolve(undefined),
        away: (ms) => {
          if (ms >= awayMs) reject(new BrokerAwayError(ms))
        },
      }
      this.#waiters.add(waiter)
      promise.then(resolve, reject).finally(() => this.#waiters.delete(waiter))
    })
  }

  #look(): void {
    if (this.#line.isClosed()) clearInterval(this.#watch)
    if (this.#line.connected) {
      this.#lostAt = undefined
      return
    }
    this.#lostAt ??= performance.now()
    for (const waiter of [...this.#waiters]) waiter.away(performance.now() - this.#lostAt)
  }
}
