import type { Broker } from '@postrider/broker/connection'
import type { TakenJob } from './taken-job.ts'

const STEP_MS = 1000
/** Concurrent renewals for each stream: bounds what a slow broker must work off. */
const MAX_RENEWALS = 32

/** Renews the leases of the jobs in flight until it is stopped, and lets go of jobs whose lease is lost. */
export function renewLeases(broker: Broker, held: ReadonlySet<TakenJob>): { stop(): void } {
  const pending = new Set<TakenJob>()
  const step = (): void => {
    for (const taken of [...held]) {
      taken.check()
      if (pending.size >= MAX_RENEWALS || pending.has(taken) || !taken.renewalDue || !broker.connected) continue
      pending.add(taken)
      void taken.renew().finally(() => {
        pending.delete(taken)
        if (pending.size === MAX_RENEWALS - 1) setImmediate(step)
      })
    }
  }
  const timer = setInterval(step, STEP_MS)
  broker.onReconnect(() => {
    // Renewals sent on the lost connection will not be answered.
    pending.clear()
    step()
  })
  return { stop: () => clearInterval(timer) }
}
