/** The connection to the broker was lost for longer than the caller waits. */
export class BrokerAwayError extends Error {
  override readonly name = 'BrokerAwayError'
  constructor(awayMs: number) {
    super(`the broker has been away for ${Math.round(awayMs)} ms`)
  }
}

/** The part of a connection that matters here. */
export interface Line {
  /** False while the connection is down. */
  readonly connected: boolean
  /** True after the connection was closed and will not reconnect. */
  isClosed(): boolean
  onReconnect(run: () => void): void
}

interface Waiter {
  reconnected: () => void
  away: (ms: number) => void
}

const WATCH_MS = 500

/** Releases callers that wait for an answer on a connection that was lost, since that answer never arrives: when the connection is back,
 * or when it has been lost for longer than the caller waits. */
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

  /** Resolves with the promise's result, or with undefined when the connection was lost and is back before there was a result. Rejects
   * with BrokerAwayError when the connection has been lost for `awayMs` without interruption. */
  unlessReconnected<T>(promise: Promise<T>, awayMs = Infinity): Promise<T | undefined> {
    this.#watch ??= setInterval(() => this.#check(), WATCH_MS).unref()
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

  #check(): void {
    if (this.#line.isClosed()) clearInterval(this.#watch)
    if (this.#line.connected) {
      this.#lostAt = undefined
      return
    }
    this.#lostAt ??= performance.now()
    for (const waiter of [...this.#waiters]) waiter.away(performance.now() - this.#lostAt)
  }
}
