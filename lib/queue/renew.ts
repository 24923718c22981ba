import type { Broker } from '@postrider/broker/connection'
import type { TakenJob } from './taken-job.ts'

const STEP_MS = 1000
/** Renewals under way at once, for each stream: what a slow broker has to work off. */
const MAX_RENEWALS = 32

/** Renews the leases of the jobs in hand until it is stopped, and lets go those whose lease is lost. */
export function renewLeases(broker: Broker, held: ReadonlySet<TakenJob>): { stop(): void } {
  const under = new Set<TakenJob>()
  const step = (): void => {
    for (const taken of [...held]) {
      taken.check()
      if (under.size >= MAX_RENEWALS || under.has(taken) || !taken.renewalDue || !broker.connected) continue
      under.add(taken)
      void taken.renew().finally(() => {
        under.delete(taken)
        if (under.size === MAX_RENEWALS - 1) setImmediate(step)
      })
    }
  }
  const timer = setInterval(step, STEP_MS)
  broker.onReconnect(() => {
    // Requests that the lost connection swallowed are not waited for.
    under.clear()
    step()
  })
  return { stop: () => clearInterval(timer) }
}
