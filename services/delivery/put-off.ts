import type { Broker } from '@postrider/broker/connection'
import { defer } from '@postrider/queue/defer'
import type { Taken } from '@postrider/queue/take'

/** A job that the broker gave out so often and that is put off again goes back into the queue as a schedule without its content. Its
 * deliveries begin at one there: the number that remains counts the workers that ended with the job in hand (see isolation.ts). */
export const MAX_POSTPONED_DELIVERIES = 5

/** Gives a job back unattempted, to be taken again after `delayMs`. `now` is the platform's time, by which schedules become due. */
export async function putOff(taken: Taken, delayMs: number, broker: Broker, now: number): Promise<void> {
  if (taken.deliveries < MAX_POSTPONED_DELIVERIES) {
    taken.postpone(delayMs)
    return
  }
  if (!taken.settling()) return
  try {
    // The job that it comes from may be given out once more: then one of the two is known as settled.
    await defer(broker, { ...taken.job, again: true, since: taken.since, urgent: undefined }, now + delayMs)
  } catch {
    // The broker is away: it gives the job out again.
    taken.postpone(delayMs)
    return
  }
  taken.ack()
}
