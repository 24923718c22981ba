import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import type { Taken } from '@postrider/queue/take'
import type { Later } from '../site/schedule.ts'
import { Spread } from '../site/spread.ts'
import { Shares } from './shares.ts'

/** What admission uses of a job. */
export type Seated = Pick<Taken, 'job' | 'first' | 'stream' | 'setAside'>

/** The place of a job while it is attempted. */
export interface Seat {
  /** The attempt has ended. `answered`: whether the destination answered; undefined if it was not contacted. */
  leave(answered?: boolean): void
}

/** An attempt that takes longer than this is set aside. Milliseconds. */
export const SET_ASIDE_MS = 4000
/** Known destinations that are remembered: those that answered in time at the last attempt. */
const MAX_KNOWN = 50_000
/** Part of a stream's capacity that attempts at unknown destinations may use. An attempt uses it until it is set aside, so destinations
 * that hang leave the rest to known ones. */
const UNKNOWN_PART = 0.5
/** Slow attempts that are set aside. Each takes some 75 KB of resident memory, so a delivery process stays below 400 MB. */
const MAX_SLOW = 3000
/** Octets of content that the attempts set aside keep in memory. */
const MAX_SLOW_BYTES = 64 * 1024 * 1024
/** A tenant may use this many times what is free, which is two thirds if no other tenant has slow destinations. */
const FACTOR = 2
/** Shortest delay of a job that gets no seat. Milliseconds. */
const LATER_MS = 1000
/** Interval at which such jobs return. Milliseconds. */
const LATER_STEP_MS = 2

/** Divides the capacity of a process between known destinations, which answered in time, and unknown ones, between quick and slow attempts,
 * and among tenants. Slow destinations of one tenant take no room from destinations that work. */
export class Admission {
  readonly #known = new BoundedMap<true>(MAX_KNOWN)
  readonly #unknown = new Map<string, Shares>()
  readonly #slow = new Shares(MAX_SLOW, FACTOR)
  readonly #slowBytes = new Shares(MAX_SLOW_BYTES, FACTOR)
  readonly #returns = new Spread(LATER_STEP_MS)
  readonly #capacity: number
  readonly #now: () => number

  /** `capacity`: jobs in flight from each stream. `now` returns a monotonic time in milliseconds. */
  constructor(capacity: number, now: () => number = () => performance.now()) {
    this.#capacity = capacity
    this.#now = now
  }

  /** Number of attempts that are set aside. */
  get slow(): number {
    return this.#slow.used
  }

  /** Returns a seat, or the delay after which the job should return. The last attempt of a job (`last`) always gets a seat. */
  enter(taken: Seated, last: boolean): Seat | Later {
    const { destination, envelope } = taken.job
    const tenant = envelope.domain
    const tried = last || this.#known.get(destination) !== undefined ? undefined : this.#unknownOf(taken.stream)
    if (tried !== undefined && !tried.enter(tenant))
      return { later: Math.ceil(LATER_MS + this.#returns.next(this.#now())) }
    const leaveTried = once(() => tried?.leave(tenant))
    const bytes = taken.first?.length ?? 0
    let [late, aside] = [false, false]
    const timer = setInterval(() => {
      late = true
      this.#known.delete(destination)
      aside = this.#enterSlow(tenant, bytes)
      // While there is no room, the attempt keeps using the part for unknown destinations; the interval tries again.
      if (!aside) return
      clearInterval(timer)
      taken.setAside(true)
      leaveTried()
    }, SET_ASIDE_MS)
    return {
      leave: (answered) => {
        clearInterval(timer)
        leaveTried()
        if (answered === false) this.#known.delete(destination)
        if (answered === true && !late) this.#known.set(destination, true)
        if (!aside) return
        this.#slow.leave(tenant)
        this.#slowBytes.leave(tenant, bytes)
        taken.setAside(false)
      },
    }
  }

  #enterSlow(tenant: string, bytes: number): boolean {
    if (!this.#slow.enter(tenant)) return false
    if (this.#slowBytes.enter(tenant, bytes)) return true
    this.#slow.leave(tenant)
    return false
  }

  #unknownOf(stream: string): Shares {
    let shares = this.#unknown.get(stream)
    if (shares === undefined) {
      shares = new Shares(Math.max(1, Math.floor(this.#capacity * UNKNOWN_PART)), FACTOR)
      this.#unknown.set(stream, shares)
    }
    return shares
  }
}

function once(run: () => void): () => void {
  let done = false
  return () => {
    if (!done) run()
    done = true
  }
}
