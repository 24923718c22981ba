import { ACK_WAIT_MS } from '@postrider/broker/streams'

/** A lease counts as held for this long after the last confirmed renewal was sent. What is left of the broker's wait covers a
 * renewal that the broker confirmed and then lost: a new leader of the consumer, or a restarted broker, may know only the one before. */
export const FRESH_MS = (ACK_WAIT_MS * 2) / 3
/** From here on the broker may have given the job to another worker, and a renewal no longer proves anything: the broker also
 * confirms one for a job that somebody else holds by now. */
export const EXPIRED_MS = (ACK_WAIT_MS * 5) / 6
/** A renewal is sent when the last confirmation is this old. Two of them may fail before the lease is stale. */
export const RENEW_AFTER_MS = ACK_WAIT_MS / 6

/** `fresh`: the job is ours. `stale`: only one more confirmation can prove it. `lost`: another worker may have it, for good. */
export type LeaseState = 'fresh' | 'stale' | 'lost'

/** What a worker knows about its right to a job, by its own monotonic clock: the time before the last request that the broker
 * confirmed. Time in which the process stood still counts as well. Pure; all times are monotonic milliseconds. */
export class Lease {
  #provenAt: number
  #lost = false

  /** `askedAt`: when the fetch was sent that brought the job. The broker handed it out later than that. */
  constructor(askedAt: number) {
    this.#provenAt = askedAt
  }

  /** A renewal that was sent at `sentAt` was confirmed at `now`. It proves that the job is still ours only when the lease had not
   * ended before, or the broker may have renewed another worker's. */
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

  /** How long a renewal that is sent now may take and still prove something. */
  timeLeft(now: number): number {
    return Math.max(0, this.#provenAt + EXPIRED_MS - now)
  }
}
