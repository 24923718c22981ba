import type { Clock } from '@postrider/clock/clock'
import { domainOf, triedSince } from '@postrider/mail/envelope'
import type { Broker } from '@postrider/broker/connection'
import type { Cancellations } from '@postrider/queue/cancellations'
import { defer, enqueueJobs } from '@postrider/queue/defer'
import type { Peers } from '@postrider/queue/peers'
import type { EventLog } from '@postrider/queue/publish-events'
import { attemptKey } from '@postrider/queue/job'
import type { Job } from '@postrider/queue/job'
import type { Settled } from '@postrider/queue/settled'
import { destinationsOf } from '@postrider/queue/take'
import type { Taken } from '@postrider/queue/take'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { Decision } from './outcome/decide-outcome.ts'
import { decideOutcome, settledOnly } from './outcome/decide-outcome.ts'
import { boundOnward } from './outcome/onward.ts'
import { resume, settle, settlePart } from './outcome/settle.ts'
import type { Attempt } from './attempt.ts'
import type { Admission } from './capacity/admission.ts'
import { putOff } from './put-off.ts'
import type { InFlight } from './in-flight.ts'
import { JobLetGoError } from './let-go.ts'
import type { Later } from './site/schedule.ts'
import { forAll } from './transaction/outcome.ts'
import type { TransactionOutcome } from './transaction/outcome.ts'
import type { Progress } from './transaction/series.ts'

/** What a delivery needs of its process. */
export interface Engine {
  broker: Broker
  clock: Clock
  cancellations: Pick<Cancellations, 'has'>
  events: EventLog
  settled: Settled
  inFlight: InFlight
  peers: Pick<Peers, 'haveInFlight'>
  config: () => RuntimeConfig
  attempt: Attempt
  admission: Admission
  /** Called after an outcome is on disk, for metrics and the log. `startedAt`: milliseconds since the epoch. */
  observe: (job: Job, decision: Decision, startedAt: number) => void
  /** Called when a job is given back unattempted. */
  postponed: (job: Job, delayMs: number) => void
}

/** Recipients in one transaction. Every server must accept 100 (RFC 5321, 4.5.3.1.8). */
const MAX_RECIPIENTS = 100

/** Handles one job from the queue: cancels, splits, schedules or attempts it. If this rejects, the job stays unacknowledged and the broker
 * delivers it again. */
export async function deliver(taken: Taken, engine: Engine): Promise<void> {
  const { job } = taken
  if (job.cancelled === true) return cancelled(taken, engine)
  if (needsSplit(job)) return split(taken, engine)
  if (engine.cancellations.has(job)) return cancelled(taken, engine)
  if (isScheduled(job, engine.clock.now())) return schedule(taken, engine)
  const key = attemptKey(job)
  await engine.inFlight.run(key, taken, () => attemptOnce(taken, key, engine))
}

/** Whether the message must wait for the time that its submitter chose (RFC 4865). A job with `held` has waited already: it is due by the
 * broker's clock, or an administrator wants it sent now. */
const isScheduled = ({ envelope, attempt, held }: Job, now: number): boolean =>
  attempt === 0 && held !== true && (envelope.releaseAt ?? 0) > now

/** Stores the job among the deferred ones until its time, so that it can be found, brought forward and cancelled in the same way. */
async function schedule(taken: Taken, { broker }: Engine): Promise<void> {
  const { job } = taken
  if (!taken.settling()) return
  await defer(broker, { ...job, held: true }, job.envelope.releaseAt ?? 0)
  taken.ack()
}

/** For this long the answer of peers and events is still good at the final dot. Avoids a second query for each job after an outage, when
 * every job is suspect. Milliseconds. */
const ANSWER_VALID_MS = 1000

/** Makes the attempt unless another worker has it in flight or it is settled already.
 *
 * The attempt counts as in flight before this worker asks the others: of two workers that ask at the same time, at least one sees the
 * other. The other workers are asked before EVENTS is read, because a worker writes its event before it stops reporting the attempt. */
async function attemptOnce(taken: Taken, key: string, engine: Engine): Promise<void> {
  const { peers, settled } = engine
  const doubtful = taken.suspect || taken.job.again === true
  const askedAt = performance.now()
  if (doubtful && (await peers.haveInFlight(key))) {
    taken.leaveToOther()
    return
  }
  const before = doubtful || settled.knows(key) ? await settled.lookUp(key, taken.since, taken.until) : undefined
  if (before !== undefined) return resume(taken, before, engine)
  if (doubtful) {
    // A worker that was suspended may have resumed since, and received the reply to its final dot.
    taken.confirmBeforeDot(async () => {
      if (performance.now() - askedAt < ANSWER_VALID_MS) return true
      return !(await peers.haveInFlight(key)) && (await settled.lookUp(key, taken.since, taken.until)) === undefined
    })
  }
  return makeAttempt(taken, engine)
}

async function makeAttempt(taken: Taken, engine: Engine): Promise<void> {
  const { clock } = engine
  const startedAt = clock.now()
  // Without the recipients that earlier transactions of this attempt settled.
  let { job } = taken
  const { retry } = engine.config().platform
  const progress: Progress = async (outcome) => {
    if (!taken.settling()) throw new JobLetGoError()
    const before = job
    const decision = decideOutcome(before, outcome, { retry, now: clock.now(), certain: clock.certain() })
    job = await settlePart(before, decision, engine)
    engine.observe(before, settledOnly(decision), startedAt)
    const open = new Set(job.envelope.recipients)
    return before.envelope.recipients.filter((recipient) => !open.has(recipient))
  }
  const expiresAt = triedSince(job.envelope) + retry.lifetimeMs
  const before = clock.certain()
  const last = before !== undefined && before >= expiresAt
  const outcome = await attemptIfAdmitted(taken, progress, last, engine)
  if ('letGo' in outcome) {
    taken.leaveToOther()
    return
  }
  if (
    'later' in outcome &&
    (!last || outcome.ours === true || (before < expiresAt + retry.lifetimeMs && neverAsked(job, outcome)))
  ) {
    // The job returns in time for its last attempt.
    const left = Math.ceil(expiresAt - clock.now())
    const delayMs = left > 0 ? Math.min(outcome.later, left) : outcome.later
    engine.postponed(job, delayMs)
    await putOff(taken, delayMs, engine.broker, clock.now())
    return
  }
  const certain = clock.certain()
  const progressed = job.envelope.recipients.length < taken.job.envelope.recipients.length
  const expired = certain !== undefined && certain >= expiresAt
  const bounded =
    'later' in outcome ? expiredUnattempted(job, outcome) : boundOnward(openOnly(outcome, job), { progressed, expired })
  const decision = decideOutcome(job, bounded, { retry, now: clock.now(), certain })
  if (!(await settle(taken, decision, engine))) return
  engine.observe(job, decision, startedAt)
}

/** No attempt was made, and the site is not known to be down. After an outage of this platform that was longer than the lifetime, a message
 * still gets a first attempt before it expires. The caller bounds how long. */
const neverAsked = ({ attempt }: Job, { trouble }: Later): boolean => attempt === 0 && trouble === undefined

/** Leaves out recipients that are settled: an attempt may end with one result for all recipients, for instance after a fault. */
function openOnly(outcome: TransactionOutcome, { envelope }: Job): TransactionOutcome {
  const open = new Set(envelope.recipients)
  return { ...outcome, recipients: outcome.recipients.filter(({ recipient }) => open.has(recipient)) }
}

/** Makes the attempt if admission grants it a seat. */
async function attemptIfAdmitted(
  taken: Taken,
  progress: Progress,
  last: boolean,
  { admission, attempt }: Engine,
): ReturnType<Attempt> {
  const seat = admission.enter(taken, last)
  if ('later' in seat) return seat
  let answered: boolean | undefined
  try {
    const outcome = await attempt(taken, progress, last)
    answered = 'recipients' in outcome ? outcome.remote !== undefined : undefined
    return outcome
  } finally {
    seat.leave(answered)
  }
}

/** The outcome of a message that expired while its site had no free connection or was down. The reply states the last known reason. */
function expiredUnattempted({ envelope, destination, lastReply }: Job, { trouble }: Later): TransactionOutcome {
  const why = trouble ?? lastReply
  const reply =
    trouble === undefined
      ? 'the destination had no free connection until the message expired'
      : `${destination} could not be reached until the message expired`
  return {
    recipients: forAll(envelope.recipients, {
      result: 'failed',
      reply: why === undefined ? reply : `${reply}: ${why}`,
      errorCode: trouble === undefined ? 'BUSY' : 'RESTING',
      stage: 'connect',
    }),
  }
}

const needsSplit = ({ envelope, part, attempt }: Job): boolean =>
  part === 0 &&
  attempt === 0 &&
  (envelope.recipients.length > MAX_RECIPIENTS || destinationsOf(envelope.recipients).length > 1)

/** Turns a message into one job for each destination and each 100 recipients, so that a crash repeats at most one transaction. All jobs are
 * on disk before the message is acknowledged. A repeated split writes the same message ids, which the broker deduplicates. */
async function split(taken: Taken, { broker }: Engine): Promise<void> {
  const { job } = taken
  if (!taken.settling()) return
  const jobs: Job[] = []
  for (const destination of destinationsOf(job.envelope.recipients)) {
    const recipients = job.envelope.recipients.filter(({ address }) => domainOf(address) === destination)
    for (let at = 0; at < recipients.length; at += MAX_RECIPIENTS) {
      const envelope = { ...job.envelope, recipients: recipients.slice(at, at + MAX_RECIPIENTS) }
      jobs.push({
        ...job,
        envelope,
        destination,
        part: jobs.length + 1,
        // The message may have been split before, at any time since it was accepted.
        ...(taken.suspect || job.again === true
          ? { again: true, since: Math.min(taken.since, job.envelope.acceptedAt) }
          : {}),
      })
    }
  }
  if (await enqueueJobs(broker, jobs, () => taken.inFlight && taken.proven)) taken.ack()
}

async function cancelled(taken: Taken, { events, clock }: Engine): Promise<void> {
  if (!taken.settling()) return
  const { envelope, part, destination, content } = taken.job
  const recipients = envelope.recipients.map(({ address }) => address)
  await events.append({ type: 'cancel', at: clock.now(), id: envelope.id, part, destination, content, recipients })
  taken.ack()
}
