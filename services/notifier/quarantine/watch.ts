import type { Broker } from '@postrider/broker/connection'
import { countQuarantined } from './stored.ts'
import type { QuarantineCount } from './stored.ts'

/** The number of records in the quarantine, as of the last refresh. */
export interface QuarantineWatch {
  readonly count: QuarantineCount
  /** Asks the broker, at most every five seconds. */
  refresh(): Promise<void>
}

const REFRESH_MS = 5000

export function watchQuarantine(broker: Pick<Broker, 'jsm'>): QuarantineWatch {
  let count: QuarantineCount = { present: 0, arrived: 0 }
  let refreshedAt = -Infinity
  return {
    get count() {
      return count
    },
    async refresh() {
      if (performance.now() - refreshedAt < REFRESH_MS) return
      refreshedAt = performance.now()
      count = await countQuarantined(broker)
    },
  }
}
