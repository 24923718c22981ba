/** How long a host may take for an attempt as a whole. Each wait has its own time (RFC 5321, 4.5.3.2); without these bounds a host
 * that answers every command just in time would hold a connection for hours. */
export interface TimeLimits {
  /** From the greeting to the answer to the last EHLO. Milliseconds, as the next three. */
  setupMs: number
  /** From MAIL to the reply to DATA. */
  commandsMs: number
  /** The same for a transaction that follows another one in a series: what was settled before it must still be found after a crash. */
  furtherCommandsMs: number
  /** After this long no further transaction begins in the same attempt; the rest goes through the queue. Much shorter than the
   * time for which a settled transaction is found again after a crash (lib/queue/settled.ts). */
  seriesMs: number
  /** Octets a second that a host must take in, beside the time of one block: 25 MB may take up to 1 h 47 min. */
  contentRate: number
}

export const TIME_LIMITS: TimeLimits = {
  setupMs: 600_000,
  commandsMs: 600_000,
  furtherCommandsMs: 60_000,
  seriesMs: 60_000,
  contentRate: 4096,
}

/** A span of time that begins now, on the monotonic clock. */
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
