import type { Broker } from '@postrider/broker/connection'
import type { HeldFilter, HeldLog } from './held-log.ts'
import type { Decided, Review } from './review.ts'

/** Where held messages are asked for and decided about, by broker request; the answer is JSON. */
export const LOG_HELD = 'log.held'
export const LOG_DECIDE = 'log.decide'

export interface DecideQuestion {
  id: string
  decision: 'release' | 'delete'
}

/** Answers `log.held`, a HeldFilter, and `log.decide`, a DecideQuestion. */
export function answerReview(broker: Broker, held: HeldLog, review: Review, onError: (error: unknown) => void): void {
  broker.nc.subscribe(LOG_HELD, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const messages = held.list(message.json<HeldFilter>())
      message.respond(JSON.stringify({ messages, count: held.count() }))
    },
  })
  broker.nc.subscribe(LOG_DECIDE, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const { id, decision } = message.json<DecideQuestion>()
      const answer = (decided: Decided): void => void message.respond(JSON.stringify(decided))
      review[decision](id).then(answer, (cause: unknown) => {
        onError(cause)
        answer({ failed: 'something failed; the log of the notifier says what' })
      })
    },
  })
}
