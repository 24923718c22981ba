import type { Route } from '../route/route.ts'
import type { SmtpConnection } from '../transaction/connection.ts'

/** The right to make one transaction at a site. */
export interface Slot {
  /** A connection that waits for work, when there is one. */
  idle?: SmtpConnection
  /** Gives the slot back; with the connection when it can be used again. `ok`: the site works (it was reached and spoke). */
  /** `trouble`: why the site could not be used, when it could not. */
  release(result: { connection?: SmtpConnection; trouble?: string }): void
}

/** The site has no room: come back after so many milliseconds (whole). */
export interface Later {
  later: number
}

/** The site can't be reached just now, as somebody else has found out and is finding out again: why. */
export interface Resting {
  resting: string
}

export interface SiteTimes {
  /** An idle connection is closed after this long. */
  idleMs: number
  /** How long a site rests after it could not be reached; doubles up to `mostRestMs`. */
  restMs: number
  mostRestMs: number
}

export const SITE_TIMES: SiteTimes = { idleMs: 5000, restMs: 1000, mostRestMs: 60_000 }

/** A new site starts with so many connections at once and grows from there. */
const FIRST_WIDTH = 5
/** Waiters kept in memory for each connection the site may have: they go on the moment one is free. */
const WAITERS_A_CONNECTION = 5
const SHORTEST_LATER_MS = 250
const LONGEST_LATER_MS = 10 * 60_000
/** Assumed until a site has shown how long its transactions take. */
const FIRST_TRANSACTION_MS = 1000
/** Failures in a row, no success between them, after which the site counts as down for everybody. */
const DOWN_AFTER = 3

/** One site: its connections, how many it may have at once, who waits for one, and when the rest shall come back. */
export class Site {
  #limit: number
  #width = FIRST_WIDTH
  #busy = 0
  readonly #idle: { connection: SmtpConnection; timer: NodeJS.Timeout }[] = []
  readonly #waiting: ((slot: Slot) => void)[] = []
  /** Average time of a transaction, for the slot times that are handed out. */
  #transactionMs = FIRST_TRANSACTION_MS
  /** Up to when the site's time is given away already (GCRA: theoretical arrival time). */
  #takenUntil = 0
  #restUntil = 0
  #rest = 0
  #failures = 0
  #trouble = ''
  readonly #times: SiteTimes
  readonly #now: () => number

  constructor(limit: number, times: SiteTimes, now: () => number) {
    this.#limit = limit
    this.#times = times
    this.#now = now
  }

  get connections(): number {
    return this.#busy + this.#idle.length
  }

  get quiet(): boolean {
    return this.connections === 0 && this.#waiting.length === 0 && this.#restUntil < this.#now()
  }

  /** A slot now, or as soon as one is free when few are waiting; else when to come back. */
  reserve({ connections }: Route): Promise<Slot> | Later | Resting {
    this.#limit = connections
    if (this.#busy < this.#allowed()) return Promise.resolve(this.#slot())
    // One transaction at a time finds out whether the site is back; the others need not wait for the same answer.
    if (this.#failures >= DOWN_AFTER && this.#restUntil > this.#now()) return { resting: this.#trouble }
    if (this.#waiting.length < this.#allowed() * WAITERS_A_CONNECTION) {
      return new Promise((resolve) => this.#waiting.push(resolve))
    }
    return { later: this.#nextSlotTime() }
  }

  /** Closes what is idle; what is busy is closed when it comes back. */
  close(): void {
    this.#limit = 0
    for (const { connection, timer } of this.#idle.splice(0)) {
      clearTimeout(timer)
      connection.dialogue.end('QUIT\r\n')
    }
  }

  /** While a site rests one transaction at a time tries whether it is back. */
  #allowed(): number {
    return this.#restUntil > this.#now() ? 1 : Math.min(this.#width, this.#limit)
  }

  #slot(): Slot {
    this.#busy++
    const startedAt = this.#now()
    let released = false
    return {
      idle: this.#takeIdle(),
      release: ({ connection, trouble }) => {
        if (released) return
        released = true
        this.#busy--
        this.#transactionMs = 0.9 * this.#transactionMs + 0.1 * Math.max(1, this.#now() - startedAt)
        if (trouble === undefined) this.#works()
        else this.#fails(trouble)
        if (connection !== undefined) this.#keep(connection)
        this.#serve()
      },
    }
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#busy < Math.max(1, this.#allowed())) this.#waiting.shift()?.(this.#slot())
  }

  #works(): void {
    this.#rest = 0
    this.#restUntil = 0
    this.#failures = 0
    this.#width = Math.min(this.#width + 1, Math.max(this.#limit, 1))
  }

  #fails(trouble: string): void {
    this.#failures++
    this.#trouble = trouble
    this.#width = Math.max(1, Math.floor(this.#width / 2))
    this.#rest = Math.min(this.#rest === 0 ? this.#times.restMs : this.#rest * 2, this.#times.mostRestMs)
    this.#restUntil = this.#now() + this.#rest
  }

  #takeIdle(): SmtpConnection | undefined {
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      clearTimeout(entry.timer)
      if (entry.connection.dialogue.usable) return entry.connection
      entry.connection.dialogue.destroy()
    }
    return undefined
  }

  #keep(connection: SmtpConnection): void {
    if (this.#limit === 0) return connection.dialogue.end('QUIT\r\n')
    const timer = setTimeout(() => {
      const at = this.#idle.findIndex((entry) => entry.connection === connection)
      if (at !== -1) this.#idle.splice(at, 1)
      connection.dialogue.end('QUIT\r\n')
    }, this.#times.idleMs)
    timer.unref()
    this.#idle.push({ connection, timer })
  }

  /** Each one sent away gets a time of its own, one transaction's share after the other's. */
  #nextSlotTime(): number {
    const share = this.#transactionMs / Math.max(1, this.#allowed())
    const backlog = this.#waiting.length * share
    this.#takenUntil = Math.max(this.#takenUntil, this.#now() + backlog) + share
    const later = this.#takenUntil - this.#now()
    return Math.round(Math.min(LONGEST_LATER_MS, Math.max(SHORTEST_LATER_MS, later)))
  }
}
