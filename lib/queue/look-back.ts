import { ACK_WAIT_MS } from './streams.ts'

/** An event is older than this only when its job waited to be given out again: its worker renewed the lease last before it wrote the
 * event, and from then on the broker waits that long. Three times, for what the broker and its clock add. */
export const LOOK_BACK_MS = 3 * ACK_WAIT_MS

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
  since(now: number, { storedAt, again }: { storedAt: number; again?: number }): number {
    // A second copy of a job: the first one may have been settled before this one was stored.
    if (again !== undefined) return again
    if (this.#clock === undefined) return storedAt
    const present = this.#clock.broker + (now - this.#clock.local)
    return Math.max(storedAt, present - (now - this.#caughtUpAt) - LOOK_BACK_MS)
  }
}
