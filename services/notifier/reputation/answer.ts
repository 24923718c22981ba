import type { Broker } from '@postrider/broker/connection'
import type { StandingAnswer } from '@postrider/reputation/answer'
import { STANDING_LIST, STANDING_RESTORE } from '@postrider/reputation/answer'
import type { LiveStandings } from '@postrider/reputation/watch'
import type { StandingKeeper } from './keeper.ts'

/** Answers who stands how, and ends suspensions, for who runs the platform. */
export function answerStandings(
  broker: Broker,
  standings: LiveStandings,
  keeper: StandingKeeper,
  now: () => number,
): void {
  broker.nc.subscribe(STANDING_LIST, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const answer: StandingAnswer = [...standings.all()].map(([account, standing]) => ({ account, standing }))
      message.respond(JSON.stringify(answer))
    },
  })
  broker.nc.subscribe(STANDING_RESTORE, {
    queue: 'log',
    callback: (error, message) => {
      if (error) return
      const { account } = message.json<{ account: string }>()
      keeper.restore(account, now()).then(
        (restored) => message.respond(JSON.stringify({ restored })),
        (failure: unknown) => message.respond(JSON.stringify({ restored: false, problem: String(failure) })),
      )
    },
  })
}
