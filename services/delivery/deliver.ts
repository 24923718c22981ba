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
import type { Judgement } from './outcome/judge.ts'
import { judge, settledOnly } from './outcome/judge.ts'
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
  observe: (job: Job, judgement: Judgement, startedAt: number) => void
  postponed: (job: Job, delayMs: number) => void
}

/** One transaction carries at most so many recipients (RFC 5321, 4.5.3.1.8: every server takes a hundred). */
const MAX_RECIPIENTS = 100

/** A job from the queue to its verdict. What throws here leaves the job unacknowledged: it comes again. */
export async function deliver(taken: Taken, engine: Engine): Promise<void> {
  const { job } = taken
  if (job.cancelled === true) return cancelled(taken, engine)
  if (needsSplit(job)) return split(taken, engine)
  if (engine.cancellations.has(job.envelope.id, job.destination)) return cancelled(taken, engine)
  if (isHeld(job, engine.clock.now())) return hold(taken, engine)
  const key = attemptKey(job)
  await engine.inFlight.run(key, taken, () => attemptOnce(taken, key, engine))
}

/** It is to be sent later (RFC 4865). One that was held already is not: it came because its time has, by the broker's clock, or
 * because an operator wants it sent now. */
const isHeld = ({ envelope, attempt, held }: Job, now: number): boolean =>
  attempt === 0 && held !== true && (envelope.releaseAt ?? 0) > now

/** Puts it where retries wait, so that it is found, brought forward and cancelled like one. */
async function hold(taken: Taken, { broker }: Engine): Promise<void> {
  const { job } = taken
  if (!taken.settling()) return
  await defer(broker, { ...job, held: true }, job.envelope.releaseAt ?? 0)
  taken.ack()
}

/** An answer is not asked for again at the final dot when it is this young: after an outage every job is doubtful. */
const ANSWER_HOLDS_MS = 1000

/** In flight from before the questions: two workers that ask at the same time would both find nothing. The other workers are asked
 * first, and the events after them: whoever has just settled the attempt wrote the event before that. */
async function attemptOnce(taken: Taken, key: string, engine: Engine): Promise<void> {
  const { peers, settled } = engine
  const doubtful = taken.suspect || taken.job.again === true
  const askedAt = performance.now()
  if (doubtful && (await peers.haveInFlight(key))) {
    taken.leaveToOther()
    return
  }
  const before = doubtful || settled.knows(key) ? await settled.lookUp(key, taken.since) : undefined
  if (before !== undefined) return resume(taken, before, engine)
  if (doubtful) {
    // A worker that stood still may have come back since, with the reply to its final dot.
    taken.confirmBeforeDot(async () => {
      if (performance.now() - askedAt < ANSWER_HOLDS_MS) return true
      return !(await peers.haveInFlight(key)) && (await settled.lookUp(key, taken.since)) === undefined
    })
  }
  return makeAttempt(taken, engine)
}

async function makeAttempt(taken: Taken, engine: Engine): Promise<void> {
  const { clock } = engine
  const startedAt = clock.now()
  // What is left of the job while its transactions follow each other.
  let { job } = taken
  const { retry } = engine.config().platform
  const progress: Progress = async (outcome) => {
    if (!taken.settling()) throw new JobLetGoError()
    const before = job
    const judgement = judge(before, outcome, { retry, now: clock.now(), certain: clock.certain() })
    job = await settlePart(before, judgement, engine)
    engine.observe(before, settledOnly(judgement), startedAt)
    const open = new Set(job.envelope.recipients)
    return before.envelope.recipients.filter((recipient) => !open.has(recipient))
  }
  const expiresAt = triedSince(job.envelope) + retry.lifetimeMs
  const before = clock.certain()
  const last = before !== undefined && before >= expiresAt
  const outcome = await admitted(taken, progress, last, engine)
  if ('letGo' in outcome) {
    taken.leaveToOther()
    return
  }
  if (
    'later' in outcome &&
    (!last || outcome.ours === true || (before < expiresAt + retry.lifetimeMs && neverAsked(job, outcome)))
  ) {
    // It comes back in time for its last attempt.
    const left = Math.ceil(expiresAt - clock.now())
    const delayMs = left > 0 ? Math.min(outcome.later, left) : outcome.later
    engine.postponed(job, delayMs)
    await putOff(taken, delayMs, engine.broker, clock.now())
    return
  }
  const certain = clock.certain()
  const progressed = job.envelope.recipients.length < taken.job.envelope.recipients.length
  const expired = certain !== undefined && certain >= expiresAt
  const judged =
    'later' in outcome ? neverFree(job, outcome) : boundOnward(openOnly(outcome, job), { progressed, expired })
  const judgement = judge(job, judged, { retry, now: clock.now(), certain })
  if (!(await settle(taken, judgement, engine))) return
  engine.observe(job, judgement, startedAt)
}

/** The destination was never asked, and nothing speaks against it: after an outage of ours that was longer than the lifetime, mail has its
 * first attempt before it expires. The caller bounds that. */
const neverAsked = ({ attempt }: Job, { trouble }: Later): boolean => attempt === 0 && trouble === undefined

/** An attempt may end for all recipients at once, by a fault for instance. Those that are settled stay as they are. */
function openOnly(outcome: TransactionOutcome, { envelope }: Job): TransactionOutcome {
  const open = new Set(envelope.recipients)
  return { ...outcome, recipients: outcome.recipients.filter(({ recipient }) => open.has(recipient)) }
}

/** The attempt, when there is room for it. */
async function admitted(
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

/** The message has expired, and its destination did not let it in to the end. The reply names the last known reason. */
function neverFree({ envelope, destination, lastReply }: Job, { trouble }: Later): TransactionOutcome {
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

/** Several destinations become a job each, so that a crash can repeat at most one transaction. All are on disk before the
 * message is acknowledged; a repeated split is the same jobs again, which the broker knows by their ids. */
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
        // Another split of the message may have been made at any time since it was accepted.
        ...(taken.suspect ? { again: true, since: Math.min(taken.since, job.envelope.acceptedAt) } : {}),
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
