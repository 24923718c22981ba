import { DAY_MS } from '@postrider/time/day'

/** The monotonic clock and the broker's at the same moment. Milliseconds: `monotonic` since some point, `broker` since the epoch. */
export interface Reading {
  monotonic: number
  broker: number
}

/** Clocks that differ by more than this are not believed when something would be lost for good. Milliseconds. */
export const MAX_SKEW_MS = 2 * 60_000
/** What a reading differs by less is the time that its answer took on its way: followed, it would let the time go back. Milliseconds. */
const MIN_CORRECTION_MS = 100
/** A clock that jumped forward is believed after it has kept its new time for this long. Milliseconds. */
export const ADOPT_FORWARD_MS = DAY_MS

/** The platform's time, which is the broker's: retries become due by it, and all services share it, whatever their own clocks say.
 *
 * A clock that somebody sets must not make mail expire. So there is a second time beside it, for what cannot be undone: it never
 * goes faster than the monotonic clock. It follows a jump back at once, and a jump forward only after a day. Pure: the readings
 * come in as arguments. */
export class PlatformTime {
  #toBroker: number
  #toCertain: number
  /** When a jump forward was first seen that is not adopted yet, by the monotonic clock. */
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

  /** Milliseconds since the epoch, whole, by the broker's clock. For stamps, and for what is due. */
  now(monotonic: number): number {
    return Math.round(this.#toBroker + monotonic)
  }

  /** The time that it is at least, for deciding that something is over for good; undefined while this machine's clock and the
   * broker's differ by minutes: then nothing is over. `wall` is this machine's clock at the same moment, so that a jump counts
   * before the next reading. */
  certain(monotonic: number, wall: number): number | undefined {
    if (Math.abs(wall - this.now(monotonic)) > MAX_SKEW_MS) return undefined
    return Math.round(Math.min(this.#toCertain, this.#toBroker) + monotonic)
  }
}
