import type { Clock } from '@postrider/clock/clock'
import { domainOf, triedSince } from '@postrider/mail/envelope'
import type { Broker } from '@postrider/queue/broker'
import { defer, enqueueJobs } from '@postrider/queue/defer'
import type { EventLog } from '@postrider/queue/publish-events'
import { attemptKey } from '@postrider/queue/record'
import type { Job } from '@postrider/queue/record'
import type { Settled } from '@postrider/queue/settled'
import { destinationsOf } from '@postrider/queue/take'
import type { Taken } from '@postrider/queue/take'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { Judgement } from './outcome/judge.ts'
import { judge, settledOnly } from './outcome/judge.ts'
import { resume, settle, settlePart } from './outcome/settle.ts'
import type { Attempt } from './attempt.ts'
import { putOff } from './put-off.ts'
import { forAll } from './transaction/outcome.ts'
import type { TransactionOutcome } from './transaction/outcome.ts'
import type { Progress } from './transaction/series.ts'

export interface Engine {
  broker: Broker
  clock: Clock
  events: EventLog
  settled: Settled
  config: () => RuntimeConfig
  attempt: Attempt
  observe: (job: Job, judgement: Judgement, startedAt: number) => void
  postponed: (job: Job, delayMs: number) => void
}

/** One transaction carries at most so many recipients (RFC 5321, 4.5.3.1.8: every server takes a hundred). */
const MOST_RECIPIENTS = 100

/** Keys of the attempts under way in this process: a job that the broker gives out twice is attempted once. */
const underWay = new Map<string, Promise<void>>()

/** A job from the queue to its verdict. What throws here leaves the job unacknowledged: it comes again. */
export async function deliver(taken: Taken, engine: Engine): Promise<void> {
  const { job } = taken
  if (job.cancelled === true) return cancelled(taken, engine)
  if (needsSplit(job)) return split(taken, engine)
  if (isHeld(job, engine.clock.now())) return hold(taken, engine)
  const key = attemptKey(job)
  while (underWay.has(key)) await underWay.get(key)
  const attempt = attemptOnce(taken, key, engine).finally(() => underWay.delete(key))
  underWay.set(key, attempt)
  await attempt
}

/** It is to be sent later (RFC 4865). One that was held already is not: it came because its time has, by the broker's clock, or
 * because an operator wants it sent now. */
const isHeld = ({ envelope, attempt, held }: Job, now: number): boolean =>
  attempt === 0 && held !== true && (envelope.releaseAt ?? 0) > now

/** Puts it where retries wait, so that it is found, brought forward and cancelled like one. */
async function hold(taken: Taken, { broker }: Engine): Promise<void> {
  const { job } = taken
  await defer(broker, { ...job, held: true }, job.envelope.releaseAt ?? 0)
  taken.ack()
}

/** Under way from before the look-up: two who look at the same time would both find nothing. */
async function attemptOnce(taken: Taken, key: string, engine: Engine): Promise<void> {
  const { job } = taken
  const before = taken.suspect || job.again === true ? await engine.settled.lookUp(key) : engine.settled.recall(key)
  if (before !== undefined) return resume(taken, before, engine)
  return makeAttempt(taken, engine)
}

async function makeAttempt(taken: Taken, engine: Engine): Promise<void> {
  const { clock } = engine
  const startedAt = clock.now()
  // What is left of the job while its transactions follow each other.
  let { job } = taken
  const { retry } = engine.config().platform
  const progress: Progress = async (outcome) => {
    const before = job
    const judgement = judge(before, outcome, { retry, now: clock.now(), certain: clock.certain() })
    job = await settlePart(before, judgement, engine)
    engine.observe(before, settledOnly(judgement), startedAt)
    const open = new Set(job.envelope.recipients)
    return before.envelope.recipients.filter((recipient) => !open.has(recipient))
  }
  const outcome = await engine.attempt(taken, progress)
  const certain = clock.certain()
  if ('later' in outcome && !(certain !== undefined && certain >= triedSince(job.envelope) + retry.lifetimeMs)) {
    engine.postponed(job, outcome.later)
    await putOff(taken, outcome.later, engine.broker)
    return
  }
  const final = 'later' in outcome ? neverFree(job) : openOnly(outcome, job)
  const judgement = judge(job, final, { retry, now: clock.now(), certain })
  await settle(taken, judgement, engine)
  engine.observe(job, judgement, startedAt)
}

/** An attempt may end for all recipients at once, by a fault for instance. Those that are settled stay as they are. */
function openOnly(outcome: TransactionOutcome, { envelope }: Job): TransactionOutcome {
  const open = new Set(envelope.recipients)
  return { ...outcome, recipients: outcome.recipients.filter(({ recipient }) => open.has(recipient)) }
}

/** Its time is over and the destination never had room for it. */
const neverFree = ({ envelope }: Job): TransactionOutcome => ({
  recipients: forAll(envelope.recipients, {
    result: 'failed',
    reply: 'the destination had no free connection until the time of the message was over',
    errorCode: 'BUSY',
    stage: 'connect',
  }),
})

const needsSplit = ({ envelope, part, attempt }: Job): boolean =>
  part === 0 &&
  attempt === 0 &&
  (envelope.recipients.length > MOST_RECIPIENTS || destinationsOf(envelope.recipients).length > 1)

/** Several destinations become a job each, so that a crash can repeat at most one transaction. All are on disk before the
 * message is acknowledged; a repeated split is the same jobs again, which the broker knows by their ids. */
async function split(taken: Taken, { broker }: Engine): Promise<void> {
  const { job } = taken
  const jobs: Job[] = []
  for (const destination of destinationsOf(job.envelope.recipients)) {
    const recipients = job.envelope.recipients.filter(({ address }) => domainOf(address) === destination)
    for (let at = 0; at < recipients.length; at += MOST_RECIPIENTS) {
      const envelope = { ...job.envelope, recipients: recipients.slice(at, at + MOST_RECIPIENTS) }
      jobs.push({ ...job, envelope, destination, part: jobs.length + 1, ...(taken.suspect ? { again: true } : {}) })
    }
  }
  await enqueueJobs(broker, jobs)
  taken.ack()
}

async function cancelled(taken: Taken, { events, clock }: Engine): Promise<void> {
  const { envelope, part, destination, content } = taken.job
  const recipients = envelope.recipients.map(({ address }) => address)
  await events.append({ type: 'cancel', at: clock.now(), id: envelope.id, part, destination, content, recipients })
  taken.ack()
}
