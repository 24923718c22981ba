import { CANCEL, MESSAGE, QUEUE } from '@postrider/message-log/messages'
import type { MessageAnswer, UnattemptedJob } from '@postrider/message-log/messages'
import { bringForward, cancel, listWaiting } from '@postrider/queue/control'
import type { Waiting } from '@postrider/queue/control'
import type { Broker } from '@postrider/broker/connection'
import { UnknownMessageError } from '../usage.ts'
import { UsageError } from '@postrider/standalone/usage-error'
import { askLog, withPlatform } from './connect.ts'
import { queueLines, storyLines } from './show.ts'

export interface QueueOptions {
  state: string
  id?: string
  /** The sender's domain. */
  domain?: string
  destination?: string
  json?: boolean
  limit?: number
}

/** `postrider queue ls`: what is not settled, by id, sending domain or destination. */
export async function queueList(options: QueueOptions): Promise<string[]> {
  return withPlatform(options.state, async (broker) => {
    const answer = await askLog(broker, QUEUE, filterOf(options))
    return options.json ? [JSON.stringify(answer, null, 2)] : queueLines(answer, Date.now())
  })
}

/** `postrider message show ID` and `postrider queue show ID`: history of one message. */
export async function messageShow(id: string, options: QueueOptions): Promise<string[]> {
  return withPlatform(options.state, async (broker) => {
    const answer = await known(broker, id)
    return options.json ? [JSON.stringify(answer, null, 2)] : storyLines(id, answer)
  })
}

/** `postrider queue retry`: attempts what waits now instead of at its time. */
export const queueRetry = (options: QueueOptions): Promise<string[]> =>
  control(options, {
    deferred: async (broker, waiting) => ((await bringForward(broker, waiting)) ? 'due now' : UNDER_WAY),
    // It is due already.
    unattempted: async () => 'waits for a free connection, and is attempted as soon as one is available',
  })

/** `postrider queue cancel`: takes what waits out of the queue; no notice is sent. */
export const queueCancel = (options: QueueOptions): Promise<string[]> =>
  control(options, {
    deferred: async (broker, waiting) => ((await cancel(broker, waiting)) ? 'cancelled' : UNDER_WAY),
    unattempted: cancelUnattempted,
  })

/** What a command does to a job; each says what came of it. */
interface Act {
  deferred: (broker: Broker, waiting: Waiting) => Promise<string>
  unattempted: (broker: Broker, job: UnattemptedJob) => Promise<string>
}

const UNDER_WAY = 'is being attempted now'

/** Acts on the jobs that the options choose, at most `limit`: first those that wait for their next attempt, then those that were never
 * attempted. Resolves with a line for each. */
async function control(options: QueueOptions, act: Act): Promise<string[]> {
  if (options.id === undefined && options.domain === undefined && options.destination === undefined) {
    throw new UsageError(
      'give a queue id, --domain (of the sender), --destination (of the recipient), or --destination all',
    )
  }
  return withPlatform(options.state, async (broker) => {
    const lines: string[] = []
    const { limit = Infinity } = options
    for await (const waiting of deferredJobs(broker, options)) {
      if (lines.length === limit) break
      const { envelope, destination } = waiting.job
      lines.push(`${envelope.id}  ${destination}  ${await act.deferred(broker, waiting)}`)
    }
    for await (const job of unattemptedJobs(broker, options)) {
      if (lines.length >= limit) break
      lines.push(`${job.id}  ${job.destination}  ${await act.unattempted(broker, job)}`)
    }
    if (options.id !== undefined && lines.length === 0) await known(broker, options.id)
    return [...lines, `${lines.length} waiting ${lines.length === 1 ? 'job' : 'jobs'} found`]
  })
}

async function* deferredJobs(broker: Broker, options: QueueOptions): AsyncGenerator<Waiting> {
  const { id, destination, domain } = filterOf(options)
  for await (const waiting of listWaiting(broker, { id, destination }))
    if (domain === undefined || waiting.job.envelope.domain === domain) yield waiting
}

/** Recipients that one answer of the log holds; it has to fit a record of the broker. */
const PAGE = 5000

/** Asks again for as long as an answer holds jobs that were not seen before: those that were cancelled have made room. */
async function* unattemptedJobs(broker: Broker, options: QueueOptions): AsyncGenerator<UnattemptedJob> {
  const filter = { ...filterOf(options), unattempted: true, limit: PAGE }
  const seen = new Set<string>()
  for (let before = -1; before < seen.size;) {
    before = seen.size
    const { recipients } = await askLog(broker, QUEUE, filter)
    for (const { id, destination, state, nextAt } of recipients) {
      const key = `${id} ${destination}`
      // One that its sender put off waits like a deferred one, and is found there (RFC 4865).
      if (state !== 'queued' || nextAt !== null || seen.has(key)) continue
      seen.add(key)
      yield { id, destination }
    }
  }
}

async function cancelUnattempted(broker: Broker, job: UnattemptedJob): Promise<string> {
  const answer = await askLog(broker, CANCEL, job)
  if ('problem' in answer) return `not cancelled: ${answer.problem}`
  return answer.cancelled > 0 ? 'cancelled' : UNDER_WAY
}

/** Throws UnknownMessageError. */
async function known(broker: Broker, id: string): Promise<MessageAnswer> {
  const answer = await askLog(broker, MESSAGE, { id })
  // Events can come before their message: then it has a story, and soon the rest.
  if (!answer.found && answer.story.length === 0) throw new UnknownMessageError(id)
  return answer
}

const filterOf = ({ id, domain, destination, limit }: QueueOptions) => ({
  id,
  domain,
  destination: destination === 'all' ? undefined : destination,
  limit,
})
