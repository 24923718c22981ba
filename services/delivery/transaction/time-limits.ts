/** Total times for a host in an attempt. Each wait has its own time-out (RFC 5321, 4.5.3.2), but without these limits a host that answers
 * every command just in time would occupy a connection for hours. */
export interface TimeLimits {
  /** From the greeting to the reply to the last EHLO. Milliseconds, as the next three. */
  setupMs: number
  /** From MAIL to the reply to DATA. */
  commandsMs: number
  /** The same for a further transaction of a series. Short, because after a crash the results of the earlier ones must still be found. */
  furtherCommandsMs: number
  /** After this long no further transaction begins in the attempt; the remaining recipients go back through the queue. Much shorter than
   * the time for which settled attempts are found after a crash (lib/queue/settled.ts). */
  seriesMs: number
  /** Octets a second that a host must accept on average, in addition to the time for one block: 25 MB may take up to 1 h 47 min. */
  contentRate: number
}

export const TIME_LIMITS: TimeLimits = {
  setupMs: 600_000,
  commandsMs: 600_000,
  furtherCommandsMs: 60_000,
  seriesMs: 60_000,
  contentRate: 4096,
}

/** A span of `ms` milliseconds that begins at construction, by the monotonic clock. */
export class TimeSpan {
  readonly #startedAt: number
  readonly #ms: number
  readonly #now: () => number

  constructor(ms: number, now: () => number = () => performance.now()) {
    this.#ms = ms
    this.#now = now
    this.#startedAt = now()
  }

  get elapsed(): number {
    return this.#now() - this.#startedAt
  }

  /** Milliseconds left, at least 0. */
  get left(): number {
    return Math.max(0, this.#ms - this.elapsed)
  }
}
