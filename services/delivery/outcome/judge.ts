import { triedSince } from '@postrider/mail/envelope'
import type { AttemptEvent, RecipientOutcome } from '@postrider/queue/event'
import type { Job } from '@postrider/queue/job'
import type { RetryConfig } from '@postrider/runtime-config/config'
import { classifyNetworkError, getBounceInfo } from '@postrider/reply/classify'
import type { BounceInfo } from '@postrider/reply/classify'
import { nextAttempt } from '@postrider/retry/plan-retry'
import { cut } from '@postrider/reply/cut'
import { MAX_HOST_OCTETS, MAX_QUEUED_OCTETS } from '../transaction/bounds.ts'
import { MAX_TEXT_OCTETS } from '@postrider/smtp/reply-bounds'
import type { RecipientResult, Remote, TransactionOutcome } from '../transaction/outcome.ts'
import { statusOf } from './status.ts'

/** What an attempt came to: what is to be written down, and the job that remains of it, if any. */
export interface Judgement {
  event: AttemptEvent
  /** The reply of each outcome at greater length than the queue keeps it: for the log. */
  replies: string[]
  next?: { job: Job; at: number }
}

export interface JudgeOptions {
  retry: RetryConfig
  now: number
  /** By what a message expires; see RetryQuestion. */
  certain?: number | undefined
  random?: () => number
}

/** Decides for each recipient: delivered, to be tried again, or failed for good. Pure.
 *
 * With recipients that are asked about at once in a further transaction the judgement is one in the middle: it says what is settled,
 * and leaves a job that is due immediately, without a delay, because nothing failed. */
export function judge(job: Job, outcome: TransactionOutcome, { retry, ...time }: JudgeOptions): Judgement {
  const { now } = time
  const attempt = job.attempt + 1
  const onward = outcome.recipients.some((result) => result.onward)
  const counted = attempt - (job.uncounted ?? 0)
  const plan = onward
    ? { at: now }
    : nextAttempt({ since: triedSince(job.envelope), attempt: counted, policy: retry, ...time })
  const outcomes = outcome.recipients.map((result) => judgeRecipient(result, 'expired' in plan))
  const event: AttemptEvent = {
    type: 'attempt',
    at: now,
    id: job.envelope.id,
    part: job.part,
    attempt,
    destination: job.destination,
    content: job.content,
    outcomes,
    ...(outcome.remote === undefined ? {} : { remote: shortened(outcome.remote) }),
    ...(onward ? { uncounted: true } : {}),
  }
  const replies = outcome.recipients.map(({ reply }) => cut(reply, MAX_TEXT_OCTETS))
  if ('expired' in plan || !outcomes.some(({ state }) => state === 'deferred')) return { event, replies }
  event.nextAt = plan.at
  return { event, replies, next: { job: remaining(job, event), at: plan.at } }
}

/** The part of a judgement that is about recipients whose mail is settled: what is left out will be judged again. */
export function settledOnly({ event, replies, ...rest }: Judgement): Judgement {
  const kept = event.outcomes.map(({ state }) => state !== 'deferred')
  return {
    ...rest,
    event: { ...event, outcomes: event.outcomes.filter((_, index) => kept[index]) },
    replies: replies.filter((_, index) => kept[index]),
  }
}

/** What the remote chose goes into the queue up to a bound: its host name, and a cipher's name, which is OpenSSL's. */
const shortened = ({ host, address, tls, dsn }: Remote): Remote => ({
  host: cut(host, MAX_HOST_OCTETS),
  address,
  tls,
  dsn,
})

/** The job that an attempt leaves: its deferred recipients, one attempt later. Follows from the event alone, so that whoever
 * finds the event after a crash can go on from it. */
export function remaining(job: Job, event: AttemptEvent): Job {
  const deferred = new Map(
    event.outcomes.filter(({ state }) => state === 'deferred').map((outcome) => [outcome.address, outcome]),
  )
  const recipients = job.envelope.recipients.filter(({ address }) => deferred.has(address))
  const lastReply = deferred.get(recipients[0]?.address ?? '')?.reply
  return {
    ...job,
    // It was for this attempt alone. JSON leaves out what is undefined.
    urgent: undefined,
    envelope: { ...job.envelope, recipients },
    attempt: event.attempt,
    ...(event.uncounted === true ? { uncounted: (job.uncounted ?? 0) + 1 } : {}),
    ...(lastReply === undefined ? {} : { lastReply }),
  }
}

/** Whether a result settles its recipient's mail, however often the message may still be tried. */
export const isFinal = (result: RecipientResult): boolean => judgeRecipient(result, false).state !== 'deferred'

function judgeRecipient(result: RecipientResult, expired: boolean): RecipientOutcome {
  const { recipient, stage } = result
  const reply = cut(result.reply, MAX_QUEUED_OCTETS)
  const ours = result.ours === true || result.result === 'failed'
  const common = { address: recipient.address, stage, ...(ours ? { ours: true as const } : {}) }
  if (result.result === 'delivered') {
    return {
      ...common,
      state: 'delivered',
      reply,
      status: statusOf(result, '2.0.0'),
      category: 'delivered',
    }
  }
  const info = result.result === 'refused' ? getBounceInfo({ response: result.reply, stage }) : fault(result)
  const base = { ...common, reply, category: info.category }
  if (info.action === 'bounce' && result.retry !== true && result.onward !== true)
    return { ...base, state: 'failed', status: statusOf(result, '5.0.0', info) }
  // A status of class 5 speaks of a failure; what is tried again has not failed.
  const status = statusOf(result, '4.0.0', info).replace(/^5/, '4')
  if (!expired || result.onward === true) return { ...base, state: 'deferred', status }
  // RFC 3463, 3.5: the time is up (4.4.7), and the last reply says why. Where no server said anything the status has to: the host did not
  // answer (4.4.1), or could not be looked up (4.4.3).
  return { ...base, state: 'failed', status: ours ? status : '4.4.7' }
}

const fault = (result: RecipientResult): Pick<BounceInfo, 'action' | 'category' | 'enhanced'> =>
  classifyNetworkError({ code: result.errorCode, stage: result.stage })
