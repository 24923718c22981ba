import type { Broker } from '@postrider/broker/connection'
import { deferPatiently } from '@postrider/queue/defer'
import type { AttemptEvent } from '@postrider/queue/event'
import { writePatiently } from '@postrider/broker/write-patiently'
import type { EventLog } from '@postrider/queue/publish-events'
import type { Job } from '@postrider/queue/job'
import { eventKey } from '@postrider/queue/settled'
import type { Settled } from '@postrider/queue/settled'
import type { Taken } from '@postrider/queue/take'
import { remaining } from './judge.ts'
import type { Judgement } from './judge.ts'

export interface SettleDependencies {
  broker: Broker
  events: EventLog
  settled: Settled
}

/** Makes an attempt's outcome final. The order is the promise: once the event is on disk the attempt has happened and is
 * never made again; then the retry record; and only then may the broker forget the job. A crash in between is finished by
 * resume(), from the event. Resolves with false when the job was let go before: then nothing was written. */
export async function settle(
  taken: Taken,
  { event, next }: Judgement,
  dependencies: SettleDependencies,
): Promise<boolean> {
  if (!taken.settling()) return false
  const { broker, events, settled } = dependencies
  const key = eventKey(event)
  await events.append(event)
  settled.note(key)
  // While the event waited for the broker another worker may have made the attempt and settled it: the first event counts.
  let counts = taken.proven
  if (!counts) {
    const looked = await writePatiently(broker, async () => {
      counts = isSame(event, await settled.lookUp(key, taken.since))
    })
    // Unknown: a second attempt is better than none.
    if ('refused' in looked) counts = true
  }
  if (counts && next !== undefined) await deferPatiently(broker, once(next.job), next.at)
  taken.ack()
  return true
}

/** By the time: what is stored may be shorter than what was written. */
const isSame = (event: AttemptEvent, first: AttemptEvent | undefined): boolean =>
  first === undefined || first.at === event.at

/** The next attempt is in the queue once, however often this one was. */
function once(job: Job): Job {
  const { ...next } = job
  delete next.again
  delete next.since
  return next
}

/** Makes final what some of an attempt's transactions came to, while the attempt goes on. Returns the job that remains. When the
 * process dies, the event makes resume() begin with that job. */
export async function settlePart(
  job: Job,
  { event, next }: Judgement,
  { events, settled }: SettleDependencies,
): Promise<Job> {
  await events.append(event)
  settled.note(eventKey(event))
  return next?.job ?? job
}

/** Finishes an attempt that somebody made and wrote down, but did not live to acknowledge. */
export async function resume(taken: Taken, event: AttemptEvent, { broker }: SettleDependencies): Promise<void> {
  if (!taken.settling()) return
  const { nextAt } = event
  // The next attempt may be in the queue already, and have become due, or be under way (settlePart).
  const job: Job = { ...remaining(taken.job, event), again: true, since: taken.since }
  if (nextAt !== undefined && job.envelope.recipients.length > 0) await deferPatiently(broker, job, nextAt)
  taken.ack()
}
