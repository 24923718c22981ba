import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import type { Taken } from '@postrider/queue/take'
import type { Later } from '../site/schedule.ts'
import { Spread } from '../site/spread.ts'
import { Shares } from './shares.ts'

/** What is asked of a job that wants a seat. */
export type Seated = Pick<Taken, 'job' | 'first' | 'stream' | 'setAside'>

/** A job's place while it is attempted. */
export interface Seat {
  /** The attempt is over. `answered`: the destination answered, or did not. Undefined: it was not asked. */
  leave(answered?: boolean): void
}

/** An attempt that takes longer than this is set aside. Milliseconds. */
export const SET_ASIDE_MS = 4000
/** Destinations that are remembered because they answered in good time the last time. */
const MAX_KNOWN = 50_000
/** Part of a stream's capacity that attempts at other destinations may take up. Each takes it until it is set aside, so what
 * hangs leaves the rest to destinations that are known to work. */
const UNKNOWN_PART = 0.5
/** Attempts that take long are set aside up to this number, and up to so many octets of content that they keep in memory.
 * Each takes some 75 KB of resident memory, so that a delivery process stays below 400 MB. */
const MAX_SLOW = 3000
const MAX_SLOW_BYTES = 64 * 1024 * 1024
/** A tenant may hold so many times what is free: two thirds when nobody else has slow destinations. */
const FACTOR = 2
/** Those for whom there is no room come back after this long, and no faster than one in so many milliseconds. */
const LATER_MS = 1000
const LATER_STEP_MS = 2

/** Shares out the capacity of a process among destinations that are known to work and others, among quick and slow attempts,
 * and among tenants: nobody's slow destination takes away room from one that works. */
export class Admission {
  readonly #known = new BoundedMap<true>(MAX_KNOWN)
  readonly #unknown = new Map<string, Shares>()
  readonly #slow = new Shares(MAX_SLOW, FACTOR)
  readonly #slowBytes = new Shares(MAX_SLOW_BYTES, FACTOR)
  readonly #returns = new Spread(LATER_STEP_MS)
  readonly #capacity: number
  readonly #now: () => number

  /** `capacity`: jobs held at once from each stream. */
  constructor(capacity: number, now: () => number = () => performance.now()) {
    this.#capacity = capacity
    this.#now = now
  }

  /** Attempts that are set aside. */
  get slow(): number {
    return this.#slow.used
  }

  /** A seat, or when to come back. A job's last attempt always has one. */
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
      // While there is no room it goes on taking up what it has.
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
