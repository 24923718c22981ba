import type { Broker } from '@postrider/broker/connection'
import { answer } from '@postrider/broker/question'
import { REPUTATIONS, RESTORE } from '@postrider/message-log/reputation'
import type { LiveReputations } from '@postrider/reputation/watch'
import type { ReputationKeeper } from './keeper.ts'

/** Answers requests for the reputations of all accounts, and requests of an administrator to lift a suspension. */
export function answerReputation(
  broker: Broker,
  reputations: LiveReputations,
  keeper: ReputationKeeper,
  now: () => number,
  onError: (error: unknown) => void,
): void {
  const all = () => [...reputations.all()].map(([account, reputation]) => ({ account, reputation }))
  answer(broker, REPUTATIONS, all, onError)
  answer(
    broker,
    RESTORE,
    async ({ account }) => {
      try {
        return { restored: await keeper.restore(account, now()) }
      } catch (failure) {
        onError(failure)
        return { restored: false, problem: String(failure) }
      }
    },
    onError,
  )
}
