import { DAY_MS } from '@postrider/time/day'

/** The monotonic clock and the broker's at the same moment, in milliseconds: `monotonic` since an arbitrary point, `broker` since the
 * epoch. */
export interface Reading {
  monotonic: number
  broker: number
}

/** With a larger difference between clocks, no irreversible decision is made. Milliseconds. */
export const MAX_SKEW_MS = 2 * 60_000
/** A smaller difference is due to the duration of the request: following it would let the time go back. Milliseconds. */
const MIN_CORRECTION_MS = 100
/** A clock that jumped forward is trusted after it has kept its new time for this long. Milliseconds. */
export const ADOPT_FORWARD_MS = DAY_MS

/**
 * The platform's time, which is the broker's: retries become due by it, and all services share it, whatever their own clocks show.
 *
 * A clock that is set wrongly must not make mail expire. So there is a second time for irreversible decisions: it never runs faster than
 * the monotonic clock, follows a jump back at once, and follows a jump forward only after a day. Pure: the readings are arguments.
 */
export class PlatformTime {
  #toBroker: number
  #toCertain: number
  /** When the current jump forward, not adopted yet, was first observed, by the monotonic clock. */
  #jumpedAt: number | undefined

  constructor(first: Reading) {
    this.#toBroker = first.broker - first.monotonic
    this.#toCertain = this.#toBroker
    this.observe(first)
  }

  observe({ monotonic, broker }: Reading): void {
    const offset = broker - monotonic
    if (Math.abs(offset - this.#toBroker) >= MIN_CORRECTION_MS) this.#toBroker = offset
    const ahead = this.#toBroker - this.#toCertain
    if (ahead <= MAX_SKEW_MS) {
      this.#toCertain = this.#toBroker
      this.#jumpedAt = undefined
      return
    }
    this.#jumpedAt ??= monotonic
    if (monotonic - this.#jumpedAt < ADOPT_FORWARD_MS) return
    this.#toCertain = this.#toBroker
    this.#jumpedAt = undefined
  }

  /** The broker's time in whole milliseconds since the epoch: for time stamps, and to decide what is due. */
  now(monotonic: number): number {
    return Math.round(this.#toBroker + monotonic)
  }

  /** The earliest that the current time can be, for irreversible decisions; undefined while the clocks of this machine and of the broker
   * differ by minutes, so that nothing expires then. `wall` is this machine's clock at the same moment, so that a jump counts even
   * before the next reading. */
  certain(monotonic: number, wall: number): number | undefined {
    if (Math.abs(wall - this.now(monotonic)) > MAX_SKEW_MS) return undefined
    return Math.round(Math.min(this.#toCertain, this.#toBroker) + monotonic)
  }
}
