import type { Broker } from '@postrider/broker/connection'
import { answer } from '@postrider/broker/question'
import { DECIDE, HELD_MESSAGES } from '@postrider/message-log/review'
import type { HeldLog } from './held-log.ts'
import type { Review } from './review.ts'

/** Answers requests to list the messages that are held for review, and to release or delete them. */
export function answerReview(broker: Broker, held: HeldLog, review: Review, onError: (error: unknown) => void): void {
  answer(broker, HELD_MESSAGES, (filter) => ({ messages: held.list(filter), count: held.count() }), onError)
  answer(broker, DECIDE, ({ id, decision }) => review[decision](id), onError)
}
