import type { Broker } from '@postrider/queue/broker'
import { deferPatiently } from '@postrider/queue/defer'
import type { AttemptEvent } from '@postrider/queue/event'
import type { EventLog } from '@postrider/queue/publish-events'
import type { Job } from '@postrider/queue/record'
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
 * resume(), from the event. */
export async function settle(
  taken: Taken,
  { event, next }: Judgement,
  dependencies: SettleDependencies,
): Promise<void> {
  await dependencies.events.append(event)
  dependencies.settled.note(event)
  if (next !== undefined) await deferPatiently(dependencies.broker, next.job, next.at)
  taken.ack()
}

/** Makes final what some of an attempt's transactions came to, while the attempt goes on. Returns the job that remains. When the
 * process dies, the event makes resume() begin with that job. */
export async function settlePart(
  job: Job,
  { event, next }: Judgement,
  { events, settled }: SettleDependencies,
): Promise<Job> {
  await events.append(event)
  settled.note(event)
  return next?.job ?? job
}

/** Finishes an attempt that somebody made and wrote down, but did not live to acknowledge. */
export async function resume(taken: Taken, event: AttemptEvent, { broker }: SettleDependencies): Promise<void> {
  const job = remaining(taken.job, event)
  // Whoever made the attempt may have gone on with what remains of it (settlePart).
  if (event.nextAt !== undefined && job.envelope.recipients.length > 0)
    await deferPatiently(broker, { ...job, again: true }, event.nextAt)
  taken.ack()
}
