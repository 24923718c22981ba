import type { Broker } from '@postrider/broker/connection'
import { answer } from '@postrider/broker/question'
import { MAX_RECIPIENTS, MESSAGE, QUEUE } from '@postrider/message-log/messages'
import type { MessageAnswer, QueueAnswer, QueueFilter } from '@postrider/message-log/messages'
import type { HeldLog } from '../review/held-log.ts'
import type { LogReader } from './read.ts'

/** Answers the MESSAGE and QUEUE requests of other services from the log. */
export function answerQuestions(
  broker: Broker,
  reader: LogReader,
  held: HeldLog,
  now: () => number,
  onError: (error: unknown) => void,
): void {
  function message(id: string): MessageAnswer {
    const logged = reader.message(id)
    const review = held.find(id)
    return {
      found: logged !== undefined || review !== undefined,
      ...(review === undefined ? {} : { envelope: review.envelope, held: review }),
      ...logged,
      recipients: reader.recipients(id),
      story: reader.story(id),
    }
  }
  answer(broker, MESSAGE, ({ id }) => message(id), onError)
  const queue = (filter: QueueFilter): QueueAnswer => {
    const limit = filter.limit === undefined ? undefined : Math.min(filter.limit, MAX_RECIPIENTS)
    return { recipients: reader.queue({ ...filter, limit }), count: reader.count(now()) }
  }
  answer(broker, QUEUE, queue, onError)
}
