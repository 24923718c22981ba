import type { Broker } from '@postrider/broker/connection'
import { countQuarantined } from './stored.ts'
import type { QuarantineCount } from './stored.ts'

/** How much lies in the quarantine, as of the last look. */
export interface QuarantineWatch {
  readonly count: QuarantineCount
  /** Asks the broker, at most every few seconds. */
  look(): Promise<void>
}

const LOOK_MS = 5000

export function watchQuarantine(broker: Pick<Broker, 'jsm'>): QuarantineWatch {
  let count: QuarantineCount = { present: 0, arrived: 0 }
  let lookedAt = -Infinity
  return {
    get count() {
      return count
    },
    async look() {
      if (performance.now() - lookedAt < LOOK_MS) return
      lookedAt = performance.now()
      count = await countQuarantined(broker)
    },
  }
}
