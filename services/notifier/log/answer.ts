import type { Broker } from '@postrider/broker/connection'
import type { HeldLog } from '../review/held-log.ts'
import type { LogReader, QueueFilter } from './read.ts'

/** Where the log is asked, by broker request; the answer is JSON. */
export const LOG_SHOW = 'log.show'
export const LOG_QUEUE = 'log.queue'

/** Answers questions about messages: `log.show` `{id}`, `log.queue` a QueueFilter. */
export function answerQuestions(broker: Broker, reader: LogReader, held: HeldLog, now: () => number): void {
  broker.nc.subscribe(LOG_SHOW, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const { id } = message.json<{ id: string }>()
      const found = reader.message(id)
      const review = held.find(id)
      const answer = {
        found: found !== undefined || review !== undefined,
        ...(review === undefined ? {} : { envelope: review.envelope, held: review }),
        ...found,
        recipients: reader.recipients(id),
        story: reader.story(id),
      }
      message.respond(JSON.stringify(answer))
    },
  })
  broker.nc.subscribe(LOG_QUEUE, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const filter = message.json<QueueFilter>()
      message.respond(JSON.stringify({ recipients: reader.queue(filter), count: reader.count(now()) }))
    },
  })
}
