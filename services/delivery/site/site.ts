import type { RetryConfig } from '@postrider/runtime-config/config'
import type { Route } from '../route/route.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import type { Finding } from './findings.ts'
import { HostMemory } from './host-memory.ts'
import { IdleConnections } from './idle.ts'
import { SiteSchedule } from './schedule.ts'
import type { Later, Wish } from './schedule.ts'
import type { Spread } from './spread.ts'

/** The right to make one transaction at a site. */
export interface Slot {
  /** Takes an idle connection that `fits`, when there is one. */
  takeIdle(fits: (connection: SmtpConnection) => boolean): SmtpConnection | undefined
  /** To be called before a new connection is opened: an idle one makes room for it, so that the site never has more than it may. */
  opening(): void
  /** The site has taken a recipient, and waits for the content. */
  tookRecipient(): void
  /** What the site's connections have learned about its hosts. */
  hosts: HostMemory
  /** Gives the slot back; with the connection when it can be used again, and with what was found out about the site. */
  release(result: { connection?: SmtpConnection; finding: Finding }): void
}

export type Place = Slot | Later

export interface SiteTimes {
  /** An idle connection is closed after this long. */
  idleMs: number
  /** How long a site that is down rests; doubles up to `maxRestMs`. */
  restMs: number
  maxRestMs: number
}

export const SITE_TIMES: SiteTimes = { idleMs: 5000, restMs: 1000, maxRestMs: 60_000 }

/** The times of a platform with this retry schedule: no site rests longer than the shortest delay between two attempts, so that a rest
 * delays none of them. */
export function siteTimes({ firstMs, capMs }: Pick<RetryConfig, 'firstMs' | 'capMs'>): SiteTimes {
  const longest = Math.min(firstMs, capMs)
  const { restMs, maxRestMs } = SITE_TIMES
  return { ...SITE_TIMES, restMs: Math.min(restMs, longest), maxRestMs: Math.min(maxRestMs, longest) }
}

interface Reservation {
  resolve: (place: Place) => void
}

/** One site: its connections, and those who want one. Who gets it and when is decided by the schedule. */
export class Site {
  #closed = false
  #limit = 1
  #timer: NodeJS.Timeout | undefined
  readonly #idle: IdleConnections
  readonly #hosts: HostMemory
  readonly #schedule: SiteSchedule<Reservation>
  readonly #now: () => number

  constructor(times: SiteTimes, allReturns: Spread, now: () => number) {
    this.#now = now
    this.#idle = new IdleConnections(times.idleMs)
    this.#hosts = new HostMemory(now)
    this.#schedule = new SiteSchedule(times, allReturns)
  }

  get connections(): number {
    return this.#schedule.running + this.#idle.size
  }

  /** Nothing of it is in use: only what is known about it would be lost. */
  get unused(): boolean {
    return this.connections === 0 && this.#schedule.waiting === 0
  }

  /** A slot now or soon; else when to come back. */
  reserve(route: Route, wish: Omit<Wish, 'limit'> = {}): Promise<Place> {
    this.#limit = route.connections
    return new Promise((resolve) => {
      const reservation = { resolve }
      const answer = this.#schedule.ask(reservation, { ...wish, limit: route.connections }, this.#now())
      if (answer !== 'waits') this.#answer(reservation, answer)
      this.#serve()
    })
  }

  /** Closes what is idle; what is busy is closed when it comes back. Who waits is still answered, if the process lives so long. */
  close(): void {
    this.#closed = true
    this.#timer?.unref()
    this.#idle.close()
  }

  #answer(reservation: Reservation, answer: 'slot' | Later): void {
    reservation.resolve(answer === 'slot' ? this.#slot(reservation) : answer)
  }

  #slot(reservation: Reservation): Slot {
    let released = false
    return {
      takeIdle: (fits) => this.#idle.take(fits),
      opening: () => {
        if (this.connections > this.#schedule.allowed(this.#now())) this.#idle.closeOldest()
      },
      tookRecipient: () => {
        this.#schedule.tookRecipient()
        this.#serve()
      },
      hosts: this.#hosts,
      release: ({ connection, finding }) => {
        if (released) return
        released = true
        this.#schedule.done(reservation, finding, this.#now())
        if (connection !== undefined) {
          if (this.#closed || this.connections >= this.#limit) connection.dialogue.end('QUIT\r\n')
          else this.#idle.keep(connection)
        }
        this.#serve()
      },
    }
  }

  /** Answers the waiters who can be answered, and looks again when the next one's time is over. */
  #serve(): void {
    for (const { who, answer } of this.#schedule.answers(this.#now())) this.#answer(who, answer)
    clearTimeout(this.#timer)
    const deadline = this.#schedule.nextDeadline
    if (deadline === undefined) return
    this.#timer = setTimeout(() => this.#serve(), Math.max(1, Math.ceil(deadline - this.#now())))
    if (this.#closed) this.#timer.unref()
  }
}
