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

/** `postrider queue ls`: unsettled recipients, by id, sending domain or destination. */
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

/** `postrider queue retry`: attempts waiting jobs now. */
export const queueRetry = (options: QueueOptions): Promise<string[]> =>
  control(options, {
    deferred: async (broker, waiting) => ((await bringForward(broker, waiting)) ? 'due now' : UNDER_WAY),
    // It is already due.
    unattempted: async () => 'waits for a free connection, and is attempted as soon as one is available',
  })

/** `postrider queue cancel`: removes waiting jobs from the queue; no notice is sent. */
export const queueCancel = (options: QueueOptions): Promise<string[]> =>
  control(options, {
    deferred: async (broker, waiting) => ((await cancel(broker, waiting)) ? 'cancelled' : UNDER_WAY),
    unattempted: cancelUnattempted,
  })

/** What a command does to a job; resolves with the result as text. */
interface Act {
  deferred: (broker: Broker, waiting: Waiting) => Promise<string>
  unattempted: (broker: Broker, job: UnattemptedJob) => Promise<string>
}

const UNDER_WAY = 'is being attempted now'

/** Acts on the jobs that the options select, at most `limit`: first deferred jobs, then those that were never attempted. Resolves with a
 * line for each. */
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

/** Recipients per answer of the message log, which must fit into a message of the broker. */
const PAGE = 5000

/** Asks again until an answer has no new jobs, because cancelled jobs make room for others. */
async function* unattemptedJobs(broker: Broker, options: QueueOptions): AsyncGenerator<UnattemptedJob> {
  const filter = { ...filterOf(options), unattempted: true, limit: PAGE }
  const seen = new Set<string>()
  for (let before = -1; before < seen.size;) {
    before = seen.size
    const { recipients } = await askLog(broker, QUEUE, filter)
    for (const { id, destination, state, nextAt } of recipients) {
      const key = `${id} ${destination}`
      // A scheduled message (RFC 4865) is found among the deferred jobs.
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
  // Events can arrive before their message: then there is a story, and soon the rest.
  if (!answer.found && answer.story.length === 0) throw new UnknownMessageError(id)
  return answer
}

const filterOf = ({ id, domain, destination, limit }: QueueOptions) => ({
  id,
  domain,
  destination: destination === 'all' ? undefined : destination,
  limit,
})
