import type { Broker } from '@postrider/broker/connection'
import { answer } from '@postrider/broker/question'
import { REPUTATIONS, RESTORE } from '@postrider/message-log/reputation'
import type { LiveStandings } from '@postrider/reputation/watch'
import type { StandingKeeper } from './keeper.ts'

/** Answers what reputation each account has, and ends suspensions for the platform's operator. */
export function answerReputation(
  broker: Broker,
  standings: LiveStandings,
  keeper: StandingKeeper,
  now: () => number,
  onError: (error: unknown) => void,
): void {
  const all = () => [...standings.all()].map(([account, standing]) => ({ account, reputation: standing }))
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
