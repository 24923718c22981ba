import type { Broker } from '@postrider/broker/connection'
import { deferPatiently } from '@postrider/queue/defer'
import type { AttemptEvent } from '@postrider/queue/event'
import { writePatiently } from '@postrider/broker/write-patiently'
import type { EventLog } from '@postrider/queue/publish-events'
import type { Job } from '@postrider/queue/job'
import { eventKey } from '@postrider/queue/settled'
import type { Settled } from '@postrider/queue/settled'
import type { Taken } from '@postrider/queue/take'
import { remaining } from './decide-outcome.ts'
import type { Decision } from './decide-outcome.ts'

export interface SettleDependencies {
  broker: Broker
  events: EventLog
  settled: Settled
}

/** Makes the outcome of an attempt final: writes the event, then the retry record, then acknowledges the job. Once the event is on disk,
 * the attempt is never repeated; after a crash, `resume` does the remaining steps from the event. Resolves with false if the job was let go
 * before; nothing is written then. */
export async function settle(
  taken: Taken,
  { event, next }: Decision,
  dependencies: SettleDependencies,
): Promise<boolean> {
  if (!taken.settling()) return false
  const { broker, events, settled } = dependencies
  const key = eventKey(event)
  await events.append(event)
  settled.note(key)
  // While the event waited for the broker, another worker may have made and settled the attempt. The first event counts.
  const { proven } = taken
  let counts = proven
  if (!proven) {
    const looked = await writePatiently(broker, async () => {
      counts = isSame(event, await settled.lookUp(key, taken.since))
    })
    // Unknown, because EVENTS could not be read. A second attempt is better than none.
    if ('refused' in looked) counts = true
  }
  if (counts && next !== undefined) {
    // Another worker may have found the event as well, and the next attempt may be over.
    const job = proven ? withoutDoubt(next.job) : { ...next.job, again: true, since: taken.since }
    await deferPatiently(broker, job, next.at)
  }
  taken.ack()
  return true
}

/** Compares the times, because the stored event may be shorter than the one that was appended. */
const isSame = (event: AttemptEvent, first: AttemptEvent | undefined): boolean =>
  first === undefined || first.at === event.at

/** Removes the mark of a possible duplicate: it applies to this attempt, and the next one is in the queue only once. */
function withoutDoubt(job: Job): Job {
  const { ...next } = job
  delete next.again
  delete next.since
  return next
}

/** Makes the outcome of some transactions final while the attempt continues. Resolves with the job that remains. If the process crashes,
 * `resume` continues with that job, because it finds the event. */
export async function settlePart(
  job: Job,
  { event, next }: Decision,
  { events, settled }: SettleDependencies,
): Promise<Job> {
  await events.append(event)
  settled.note(eventKey(event))
  return next?.job ?? job
}

/** Finishes an attempt whose event is on disk, but whose job was not acknowledged: writes the retry record, and acknowledges the job. */
export async function resume(taken: Taken, event: AttemptEvent, { broker }: SettleDependencies): Promise<void> {
  if (!taken.settling()) return
  const { nextAt } = event
  // The next attempt may be in the queue already, may be due, or may be in progress (settlePart).
  const job: Job = { ...remaining(taken.job, event), again: true, since: taken.since }
  if (nextAt !== undefined && job.envelope.recipients.length > 0) await deferPatiently(broker, job, nextAt)
  taken.ack()
}
