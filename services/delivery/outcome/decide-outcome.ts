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

/** The outcome of an attempt, and the job that remains, if any. */
export interface Decision {
  event: AttemptEvent
  /** For the log: the reply of each outcome, up to MAX_TEXT_OCTETS instead of MAX_QUEUED_OCTETS. */
  replies: string[]
  /** The job with the deferred recipients, and when it is due. Milliseconds since the epoch. */
  next?: { job: Job; at: number }
}

export interface DecideOptions {
  retry: RetryConfig
  /** Milliseconds since the epoch. */
  now: number
  /** The time by which a message expires; see RetryQuestion. */
  certain?: number | undefined
  random?: () => number
}

/** Decides for each recipient whether it is delivered, deferred or failed permanently. Pure.
 *
 * If recipients follow in a further transaction (`onward`), the decision is an intermediate one: it contains what is settled, and leaves a
 * job that is due at once, because nothing failed. */
export function decideOutcome(job: Job, outcome: TransactionOutcome, { retry, ...time }: DecideOptions): Decision {
  const { now } = time
  const attempt = job.attempt + 1
  const onward = outcome.recipients.some((result) => result.onward)
  const counted = attempt - (job.uncounted ?? 0)
  const plan = onward
    ? { at: now }
    : nextAttempt({ since: triedSince(job.envelope), attempt: counted, policy: retry, ...time })
  const outcomes = outcome.recipients.map((result) => decideRecipient(result, 'expired' in plan))
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

/** The part of a decision about settled recipients. The others are decided again later. */
export function settledOnly({ event, replies, ...rest }: Decision): Decision {
  const kept = event.outcomes.map(({ state }) => state !== 'deferred')
  return {
    ...rest,
    event: { ...event, outcomes: event.outcomes.filter((_, index) => kept[index]) },
    replies: replies.filter((_, index) => kept[index]),
  }
}

/** Bounds the text that the remote chose: its host name. The name of the cipher is OpenSSL's. */
const shortened = ({ host, address, tls, dsn }: Remote): Remote => ({
  host: cut(host, MAX_HOST_OCTETS),
  address,
  tls,
  dsn,
})

/** The job that remains after an attempt: its deferred recipients, with the attempt counted. It depends on the old job and the event only,
 * so that a worker that finds the event after a crash can continue from it. */
export function remaining(job: Job, event: AttemptEvent): Job {
  const deferred = new Map(
    event.outcomes.filter(({ state }) => state === 'deferred').map((outcome) => [outcome.address, outcome]),
  )
  const recipients = job.envelope.recipients.filter(({ address }) => deferred.has(address))
  const lastReply = deferred.get(recipients[0]?.address ?? '')?.reply
  return {
    ...job,
    // Applies to this attempt only. JSON omits undefined fields.
    urgent: undefined,
    envelope: { ...job.envelope, recipients },
    attempt: event.attempt,
    ...(event.uncounted === true ? { uncounted: (job.uncounted ?? 0) + 1 } : {}),
    ...(lastReply === undefined ? {} : { lastReply }),
  }
}

/** Whether a result settles its recipient, even if the message could still be retried. */
export const isFinal = (result: RecipientResult): boolean => decideRecipient(result, false).state !== 'deferred'

function decideRecipient(result: RecipientResult, expired: boolean): RecipientOutcome {
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
  // Class 5 states a permanent failure, but the recipient is deferred.
  const status = statusOf(result, '4.0.0', info).replace(/^5/, '4')
  if (!expired || result.onward === true) return { ...base, state: 'deferred', status }
  // RFC 3463, 3.5: 4.4.7 is "delivery time expired"; the last reply states the cause. Without a reply the status states the cause: the host
  // did not answer (4.4.1), or could not be looked up (4.4.3).
  return { ...base, state: 'failed', status: ours ? status : '4.4.7' }
}

const fault = (result: RecipientResult): Pick<BounceInfo, 'action' | 'category' | 'enhanced'> =>
  classifyNetworkError({ code: result.errorCode, stage: result.stage })
