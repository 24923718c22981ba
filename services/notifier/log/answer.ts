import type { Broker } from '@postrider/queue/broker'
import type { LogReader, QueueFilter } from './read.ts'

/** Where the log is asked, by broker request; the answer is JSON. */
export const LOG_SHOW = 'log.show'
export const LOG_QUEUE = 'log.queue'

/** Answers questions about messages: `log.show` `{id}`, `log.queue` a QueueFilter. */
export function answerQuestions(broker: Broker, reader: LogReader): void {
  broker.nc.subscribe(LOG_SHOW, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const { id } = message.json<{ id: string }>()
      const found = reader.message(id)
      message.respond(
        JSON.stringify(
          found === undefined
            ? { found: false, recipients: reader.recipients(id), story: reader.story(id) }
            : { found: true, ...found, recipients: reader.recipients(id), story: reader.story(id) },
        ),
      )
    },
  })
  broker.nc.subscribe(LOG_QUEUE, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const filter = message.json<QueueFilter>()
      message.respond(JSON.stringify({ recipients: reader.queue(filter), count: reader.count(Date.now()) }))
    },
  })
}
