/** Consecutive failures after which a site counts as down. */
const DOWN_AFTER = 3

export interface RestTimes {
  /** How long a site rests once it counts as down; doubles with each failed probe up to `maxRestMs`. Milliseconds. */
  restMs: number
  maxRestMs: number
}

/** Circuit breaker of a site. `closed`: mail is sent. `open`: the site is down and rests; no transaction is made. `probing`: the rest is
 * over, and one transaction at a time finds out whether the site is available again. Times are monotonic, in milliseconds. */
export class Breaker {
  #failures = 0
  #restMs = 0
  #openUntil = -Infinity
  #trouble = ''
  readonly #times: RestTimes

  constructor(times: RestTimes) {
    this.#times = times
  }

  state(now: number): 'closed' | 'open' | 'probing' {
    if (this.#failures < DOWN_AFTER) return 'closed'
    return now < this.#openUntil ? 'open' : 'probing'
  }

  /** Milliseconds until the rest ends; 0 when it is over. */
  remaining(now: number): number {
    return Math.max(0, this.#openUntil - now)
  }

  /** Why the last attempt to reach the site failed. */
  get trouble(): string {
    return this.#trouble
  }

  answered(): void {
    this.#failures = 0
    this.#restMs = 0
    this.#openUntil = -Infinity
  }

  failed(trouble: string, now: number): void {
    this.#trouble = trouble
    if (++this.#failures < DOWN_AFTER) return
    this.#restMs = this.#restMs === 0 ? this.#times.restMs : Math.min(this.#restMs * 2, this.#times.maxRestMs)
    this.#openUntil = now + this.#restMs
  }

  /** Ends the rest early: the next transaction is a probe. */
  wake(now: number): void {
    this.#openUntil = Math.min(this.#openUntil, now)
  }
}
