import type { RetryConfig } from '@postrider/runtime-config/config'
import type { Route } from '../route/route.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import type { Finding } from './findings.ts'
import { HostMemory } from './host-memory.ts'
import { IdleConnections } from './idle.ts'
import { SiteSchedule } from './schedule.ts'
import type { Later, SlotRequest } from './schedule.ts'
import type { Spread } from './spread.ts'

/** The right to make one transaction at a site. */
export interface Slot {
  /** Takes an idle connection for which `fits` returns true, if there is one. */
  takeIdle(fits: (connection: SmtpConnection) => boolean): SmtpConnection | undefined
  /** Must be called before a new connection is opened. Closes an idle one if necessary, so that the site never has too many connections. */
  opening(): void
  /** The site has accepted a recipient, and waits for the content. */
  tookRecipient(): void
  /** What the connections of the site have found out about its hosts. */
  hosts: HostMemory
  /** Gives the slot back, with the connection if it can be reused, and with the finding about the site. Further calls have no effect. */
  release(result: { connection?: SmtpConnection; finding: Finding }): void
}

export type SlotOrLater = Slot | Later

/** Times of a site, in milliseconds. */
export interface SiteTimes {
  /** An idle connection is closed after this long. */
  idleMs: number
  /** How long a site that is down rests at first; doubles up to `maxRestMs`. */
  restMs: number
  maxRestMs: number
}

export const SITE_TIMES: SiteTimes = { idleMs: 5000, restMs: 1000, maxRestMs: 60_000 }

/** The times of sites for a retry schedule. No site rests longer than the shortest delay between two attempts, so that a rest does not
 * delay an attempt. */
export function siteTimes({ firstMs, capMs }: Pick<RetryConfig, 'firstMs' | 'capMs'>): SiteTimes {
  const longest = Math.min(firstMs, capMs)
  const { restMs, maxRestMs } = SITE_TIMES
  return { ...SITE_TIMES, restMs: Math.min(restMs, longest), maxRestMs: Math.min(maxRestMs, longest) }
}

interface Reservation {
  resolve: (place: SlotOrLater) => void
}

/** One site: its connections and the requests for slots. SiteSchedule decides which request gets a slot, and when. */
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

  /** Whether the site has no connections and no waiters, so that it can be forgotten. */
  get unused(): boolean {
    return this.connections === 0 && this.#schedule.waiting === 0
  }

  /** Resolves within MAX_WAIT_MS with a slot, or with the delay after which the job should return. */
  reserve(route: Route, request: Omit<SlotRequest, 'limit'> = {}): Promise<SlotOrLater> {
    this.#limit = route.connections
    return new Promise((resolve) => {
      const reservation = { resolve }
      const answer = this.#schedule.ask(reservation, { ...request, limit: route.connections }, this.#now())
      if (answer !== 'waits') this.#answer(reservation, answer)
      this.#serve()
    })
  }

  /** Closes idle connections; busy ones are closed when their slots are released. Waiters still get their answers, but do not keep the
   * process running. */
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

  /** Answers the waiters that have an answer now, and sets a timer for the next deadline. */
  #serve(): void {
    for (const { who, answer } of this.#schedule.answers(this.#now())) this.#answer(who, answer)
    clearTimeout(this.#timer)
    const deadline = this.#schedule.nextDeadline
    if (deadline === undefined) return
    this.#timer = setTimeout(() => this.#serve(), Math.max(1, Math.ceil(deadline - this.#now())))
    if (this.#closed) this.#timer.unref()
  }
}
