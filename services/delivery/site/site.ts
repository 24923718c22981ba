import type { Route } from '../route/route.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import { HostMemory } from './host-memory.ts'
import { IdleConnections } from './idle.ts'
import { SlotTimes } from './slot-times.ts'

/** The right to make one transaction at a site. */
export interface Slot {
  /** Takes an idle connection that `fits`, when there is one. */
  takeIdle(fits: (connection: SmtpConnection) => boolean): SmtpConnection | undefined
  /** To be called before a new connection is opened: an idle one makes room for it, so that the site never has more than it may. */
  opening(): void
  /** What the site's connections have learned about its hosts. */
  hosts: HostMemory
  /** Gives the slot back; with the connection when it can be used again, and with what was found out about the site. */
  release(result: { connection?: SmtpConnection; finding: Finding }): void
}

/** `works`: it spoke with us. `crowded`: it wants less (421, 4.7.x, a connection lost on the way). `unreachable`: none of its
 * hosts let us in, and why. `unknown`: it was not asked. */
export type Finding = 'works' | 'crowded' | 'unknown' | { unreachable: string }

/** The site has no room: come back after so many milliseconds (whole). */
export interface Later {
  later: number
}

/** The site can't be reached just now, as somebody else has found out and is finding out again: why. */
export interface Resting {
  resting: string
}

export type Place = Slot | Later | Resting

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
/** Failures in a row, no success between them, after which the site counts as down for everybody. */
const DOWN_AFTER = 3

interface Waiter {
  resolve: (place: Place) => void
}

/** One site: its connections, how many it may have at once, who waits for one, and when the rest shall come back. */
export class Site {
  #limit: number
  #width = FIRST_WIDTH
  #busy = 0
  #closed = false
  readonly #idle: IdleConnections
  readonly #hosts: HostMemory
  readonly #waiting: Waiter[] = []
  readonly #slotTimes = new SlotTimes()
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
    this.#idle = new IdleConnections(times.idleMs)
    this.#hosts = new HostMemory(now)
  }

  get connections(): number {
    return this.#busy + this.#idle.size
  }

  get quiet(): boolean {
    return this.connections === 0 && this.#waiting.length === 0 && this.#restUntil < this.#now()
  }

  /** A slot now, or as soon as one is free when few are waiting; else when to come back. */
  reserve(route: Route): Promise<Place> {
    this.#limit = route.connections
    if (this.#busy < this.#allowed()) return Promise.resolve(this.#slot())
    // One transaction at a time finds out whether the site is back; the others need not wait for the same answer.
    if (this.#isDown()) return Promise.resolve({ resting: this.#trouble })
    if (this.#waiting.length >= this.#mostWaiters()) return Promise.resolve(this.#later())
    return new Promise((resolve) => this.#waiting.push({ resolve }))
  }

  /** Closes what is idle; what is busy is closed when it comes back. */
  close(): void {
    this.#closed = true
    this.#idle.close()
  }

  #isDown(): boolean {
    return this.#failures >= DOWN_AFTER && this.#restUntil > this.#now()
  }

  /** While a site rests one transaction at a time tries whether it is back. */
  #allowed(): number {
    return this.#restUntil > this.#now() ? 1 : Math.max(1, Math.min(this.#width, this.#limit))
  }

  #mostWaiters(): number {
    return this.#allowed() * WAITERS_A_CONNECTION
  }

  #slot(): Slot {
    this.#busy++
    const startedAt = this.#now()
    let released = false
    return {
      takeIdle: (fits) => this.#idle.take(fits),
      opening: () => {
        if (this.connections > this.#allowed()) this.#idle.closeOldest()
      },
      hosts: this.#hosts,
      release: ({ connection, finding }) => {
        if (released) return
        released = true
        this.#busy--
        this.#slotTimes.took(this.#now() - startedAt)
        this.#learn(finding)
        if (connection !== undefined) {
          if (this.#closed || this.connections >= this.#limit) connection.dialogue.end('QUIT\r\n')
          else this.#idle.keep(connection)
        }
        this.#serve()
      },
    }
  }

  #learn(finding: Finding): void {
    if (finding === 'unknown') return
    if (finding === 'works') {
      this.#rest = 0
      this.#restUntil = 0
      this.#failures = 0
      this.#width = Math.min(this.#width + 1, Math.max(this.#limit, 1))
      return
    }
    this.#width = Math.max(1, Math.floor(this.#width / 2))
    if (finding === 'crowded') {
      // It answered, so it is not down: greylisting is no reason to let its other mail wait.
      this.#failures = 0
      return
    }
    this.#failures++
    this.#trouble = finding.unreachable
    this.#rest = Math.min(this.#rest === 0 ? this.#times.restMs : this.#rest * 2, this.#times.mostRestMs)
    this.#restUntil = this.#now() + this.#rest
  }

  #serve(): void {
    if (this.#isDown()) for (const { resolve } of this.#waiting.splice(0)) resolve({ resting: this.#trouble })
    while (this.#busy < this.#allowed()) {
      const waiter = this.#waiting.shift()
      if (waiter === undefined) return
      waiter.resolve(this.#slot())
    }
    // The site has become narrower: who has come last would wait too long in memory.
    for (const { resolve } of this.#waiting.splice(this.#mostWaiters())) resolve(this.#later())
  }

  #later(): Later {
    return { later: this.#slotTimes.next(this.#now(), this.#allowed(), this.#waiting.length) }
  }
}
