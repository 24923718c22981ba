import { ACK_WAIT_MS } from '@postrider/broker/streams'

/** How far back the look-up goes for a job that is delivered for the first time: a broker that restarted may have forgotten an earlier
 * delivery and its acknowledgement. Three leases, to cover delays in the broker and differences between clocks. */
export const LOOK_BACK_MS = 3 * ACK_WAIT_MS

/** What bounds the age of the event of a job. */
export interface Copy {
  /** When the record was stored. By the broker's clock, milliseconds since the epoch, as is `again`. */
  storedAt: number
  /** How often the broker has delivered it, this delivery included. */
  deliveries: number
  /** The earliest time at which another copy of the job may have been settled. */
  again?: number
}

/** Bounds how far back the event of a redelivered job can be. The broker redelivers such jobs first and immediately, so more than the
 * lease has passed only while this worker had no fetch open, for example when it was at capacity. Pure; monotonic milliseconds, except
 * where the broker's clock is named. */
export class LookBack {
  #caughtUpAt: number
  #clock: { local: number; broker: number } | undefined
  #connectedAt: number | undefined

  /** `downMs`: for how long perhaps no worker has fetched a job. */
  constructor(now: number, downMs = 0) {
    this.#caughtUpAt = now - downMs
  }

  /** At this time the broker had no job left to redeliver. */
  caughtUp(at: number): void {
    this.#caughtUpAt = Math.max(this.#caughtUpAt, at)
  }

  /** Relates the clocks after the connection came up: the broker's clock showed `broker` at the monotonic time `local`. */
  clock(local: number, broker: number): void {
    this.#clock = { local, broker }
    this.#connectedAt = broker
  }

  /** The connection was lost: the broker may forget what it wrote until it is back. */
  lost(): void {
    this.#connectedAt = undefined
  }

  /** A time by the broker's clock, in milliseconds since the epoch, before which the attempt was not settled. */
  since(now: number, { storedAt, deliveries, again }: Copy): number {
    // A second copy of a job: the first one may have been settled before this one was stored.
    if (again !== undefined) return again
    // The previous worker may have written an event and kept the job for long: for a further transaction, or until the broker stored the
    // retry.
    if (deliveries > 1) return storedAt
    if (this.#clock === undefined) return storedAt
    const present = this.#clock.broker + (now - this.#clock.local)
    return Math.max(storedAt, present - (now - this.#caughtUpAt) - LOOK_BACK_MS)
  }

  /** A time by the broker's clock, in milliseconds since the epoch, after which the attempt was not settled, unless within the last
   * minutes; undefined while there is none. While the broker is there, a job is with a worker that renews its lease, or is given to another
   * one within a minute: its event is older only when there was an outage in between. So the many jobs that wait after an outage are looked
   * up in the same range. */
  get until(): number | undefined {
    // A worker may write the event as soon as the broker is back.
    return this.#connectedAt === undefined ? undefined : this.#connectedAt + LOOK_BACK_MS
  }
}
