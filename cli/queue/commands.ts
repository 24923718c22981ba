import { bringForward, cancel, listWaiting } from '@postrider/queue/control'
import type { Waiting } from '@postrider/queue/control'
import type { Broker } from '@postrider/queue/broker'
import { UnknownMessage, UsageError } from '../usage.ts'
import { askLog, withPlatform } from './connect.ts'
import { queueLines, storyLines } from './show.ts'
import type { MessageAnswer, QueueAnswer } from './show.ts'

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
    const answer = await askLog<QueueAnswer>(broker, 'log.queue', filterOf(options))
    return options.json ? [JSON.stringify(answer, null, 2)] : queueLines(answer, Date.now())
  })
}

/** `postrider message show ID` and `postrider queue show ID`: the story of one message. */
export async function messageShow(id: string, options: QueueOptions): Promise<string[]> {
  return withPlatform(options.state, async (broker) => {
    const answer = await known(broker, id)
    return options.json ? [JSON.stringify(answer, null, 2)] : storyLines(id, answer)
  })
}

/** `postrider queue retry`: attempts what waits now instead of at its time. */
export const queueRetry = (options: QueueOptions): Promise<string[]> => control(options, bringForward, 'due now')

/** `postrider queue cancel`: takes what waits out of the queue; nobody is told. */
export const queueCancel = (options: QueueOptions): Promise<string[]> => control(options, cancel, 'cancelled')

async function control(
  options: QueueOptions,
  act: (broker: Broker, waiting: Waiting) => Promise<boolean>,
  done: string,
) {
  if (options.id === undefined && options.domain === undefined && options.destination === undefined) {
    throw new UsageError(
      'say which: a queue id, --domain (of the sender), --destination (of the recipient), or --destination all',
    )
  }
  return withPlatform(options.state, async (broker) => {
    const lines: string[] = []
    const { destination } = filterOf(options)
    for await (const waiting of listWaiting(broker, { id: options.id, destination })) {
      const { envelope, destination: to } = waiting.job
      if (options.domain !== undefined && envelope.domain !== options.domain) continue
      const acted = await act(broker, waiting)
      lines.push(`${envelope.id}  ${to}  ${acted ? done : 'is being attempted right now'}`)
    }
    if (options.id !== undefined && lines.length === 0) await known(broker, options.id)
    return [...lines, `${lines.length} waiting ${lines.length === 1 ? 'job' : 'jobs'} found`]
  })
}

/** Throws UnknownMessage. */
async function known(broker: Broker, id: string): Promise<MessageAnswer> {
  const answer = await askLog<MessageAnswer>(broker, 'log.show', { id })
  // Events can come before their message: then it has a story, and soon the rest.
  if (!answer.found && answer.story.length === 0) throw new UnknownMessage(id)
  return answer
}

const filterOf = ({ id, domain, destination, limit }: QueueOptions) => ({
  id,
  domain,
  destination: destination === 'all' ? undefined : destination,
  limit,
})
