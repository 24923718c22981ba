import { ACK_WAIT_MS } from '@postrider/broker/streams'

/** How far back the look-up goes for a job that comes for the first time: the broker may have forgotten that it gave the job out, and its
 * acknowledgement, when it restarted. Three leases, for what the broker and its clock add. */
export const LOOK_BACK_MS = 3 * ACK_WAIT_MS

/** What tells how old the event of a job can be. */
export interface Copy {
  /** By the broker's clock, as `again`. */
  storedAt: number
  /** How often the broker has given it out, this time included. */
  deliveries: number
  /** Another copy of the job may have been settled from this time on. */
  again?: number
}

/** How far back the event of a job can lie that is given out again now. The broker gives out such jobs first and at once, so more than the
 * lease has passed only while no fetch of this worker was open, as when it had no room. Pure; monotonic milliseconds, but for what
 * it says about the broker's clock. */
export class LookBack {
  #caughtUpAt: number
  #clock: { local: number; broker: number } | undefined

  /** `downMs`: how long no worker may have taken any job. */
  constructor(now: number, downMs = 0) {
    this.#caughtUpAt = now - downMs
  }

  /** At this time the broker had nothing that it could give out again and did not. */
  caughtUp(at: number): void {
    this.#caughtUpAt = Math.max(this.#caughtUpAt, at)
  }

  /** What the broker's clock showed. */
  clock(local: number, broker: number): void {
    this.#clock = { local, broker }
  }

  /** A time by the broker's clock, in milliseconds since the epoch: the attempt was not settled before it. */
  since(now: number, { storedAt, deliveries, again }: Copy): number {
    // A second copy of a job: the first one may have been settled before this one was stored.
    if (again !== undefined) return again
    // The worker before may have written an event and gone on with the job for long: with a further transaction, or until the broker
    // took the retry. How far the events are read is bounded by the look-up.
    if (deliveries > 1) return storedAt
    if (this.#clock === undefined) return storedAt
    const present = this.#clock.broker + (now - this.#clock.local)
    return Math.max(storedAt, present - (now - this.#caughtUpAt) - LOOK_BACK_MS)
  }
}
