import type { Broker } from '@postrider/broker/connection'
import { answer } from '@postrider/broker/question'
import { CANCEL } from '@postrider/message-log/messages'
import { noteCancellation } from '@postrider/queue/cancellations'
import type { CancelEvent } from '@postrider/queue/event'
import type { EventLog } from '@postrider/queue/publish-events'
import type { LogWriter } from './apply.ts'
import type { LogReader } from './read.ts'

export interface CancelDependencies {
  broker: Broker
  events: EventLog
  reader: LogReader
  writer: LogWriter
  now: () => number
  onError: (error: unknown) => void
}

/** Answers requests to cancel recipients that were never attempted. Delivery is informed before the event is written: after a crash between
 * the two, the worker that fetches the job cancels it. */
export function answerCancellations({ broker, events, reader, writer, now, onError }: CancelDependencies): void {
  async function cancel(id: string, destination: string): Promise<number> {
    const message = reader.message(id)
    const recipients = reader
      .recipients(id)
      .filter((recipient) => recipient.state === 'queued' && recipient.destination === destination)
      .map(({ address }) => address)
    if (message === undefined || message.content === null || recipients.length === 0) return 0
    await noteCancellation(broker, { id, destination })
    const { content } = message
    const event: CancelEvent = { type: 'cancel', at: now(), id, part: 0, destination, content, recipients }
    await events.append(event)
    // The feed will write the same event again. Written here as well, so that the next request sees it.
    writer.event(event)
    return recipients.length
  }

  answer(
    broker,
    CANCEL,
    async ({ id, destination }) => {
      try {
        return { cancelled: await cancel(id, destination) }
      } catch (failure) {
        onError(failure)
        return { problem: failure instanceof Error ? failure.message : String(failure) }
      }
    },
    onError,
  )
}
