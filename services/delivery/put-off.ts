import type { Broker } from '@postrider/broker/connection'
import { defer } from '@postrider/queue/defer'
import type { Taken } from '@postrider/queue/take'

/** A job that is postponed at this delivery or later is written back to the queue as a schedule of its own, whose delivery count begins
 * at one. A higher delivery count therefore means that workers crashed with the job in flight (see isolation.ts). */
export const MAX_POSTPONED_DELIVERIES = 5

/** Gives a job back unattempted, for delivery again after `delayMs` milliseconds. `now` is the platform's time in milliseconds since the
 * epoch, by which schedules become due. */
export async function putOff(taken: Taken, delayMs: number, broker: Broker, now: number): Promise<void> {
  if (taken.deliveries < MAX_POSTPONED_DELIVERIES) {
    taken.postpone(delayMs)
    return
  }
  if (!taken.settling()) return
  try {
    // The broker may deliver the original job once more. `again` has each of the two look up whether the other settled the attempt.
    await defer(broker, { ...taken.job, again: true, since: taken.since, urgent: undefined }, now + delayMs)
  } catch {
    // The broker is unavailable, or refuses the schedule. It delivers the job again.
    taken.postpone(delayMs)
    return
  }
  taken.ack()
}
