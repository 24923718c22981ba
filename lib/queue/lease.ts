import { ACK_WAIT_MS } from '@postrider/broker/streams'

/** A lease is fresh for this long after the last confirmed renewal was sent. The rest of the broker's acknowledgement wait covers a
 * renewal that the broker confirmed and then lost: a new leader of the consumer, or a restarted broker, may know only the previous one. */
export const FRESH_MS = (ACK_WAIT_MS * 2) / 3
/** From this age on the broker may have given the job to another worker, and a renewal proves nothing: the broker also confirms a
 * renewal of a job that another worker has. */
export const EXPIRED_MS = (ACK_WAIT_MS * 5) / 6
/** A renewal is sent when the last confirmation is this old. Two of them may fail before the lease is stale. */
export const RENEW_AFTER_MS = ACK_WAIT_MS / 6

/** `fresh`: this worker has the job. `stale`: only one more confirmation can prove that. `lost`: another worker may have it; this state
 * is final. */
export type LeaseState = 'fresh' | 'stale' | 'lost'

/** What a worker knows about its lease on a job, by its own monotonic clock. The lease is proven at the time at which the last confirmed
 * request was sent. Time during which the process was suspended counts as well. Pure; all times are monotonic milliseconds. */
export class Lease {
  #provenAt: number
  #lost = false

  /** `askedAt`: when the fetch was sent that returned the job, which is before the broker delivered it. */
  constructor(askedAt: number) {
    this.#provenAt = askedAt
  }

  /** A renewal that was sent at `sentAt` was confirmed at `now`. It extends the lease only when the lease was not lost by then;
   * otherwise the broker may have renewed another worker's lease. */
  confirmed(sentAt: number, now: number): void {
    if (this.state(now) !== 'lost') this.#provenAt = Math.max(this.#provenAt, sentAt)
  }

  state(now: number): LeaseState {
    const age = now - this.#provenAt
    if (age >= EXPIRED_MS) this.#lost = true
    if (this.#lost) return 'lost'
    return age < FRESH_MS ? 'fresh' : 'stale'
  }

  /** Whether a renewal is worth sending. */
  due(now: number): boolean {
    return this.state(now) !== 'lost' && now - this.#provenAt >= RENEW_AFTER_MS
  }

  /** How long a renewal that is sent now may take and still extend the lease. */
  timeLeft(now: number): number {
    return Math.max(0, this.#provenAt + EXPIRED_MS - now)
  }
}
