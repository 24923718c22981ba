import type { EventLog } from '@postrider/queue/publish-events'
import type { LiveConfig } from '@postrider/runtime-config/store'
import type { Logger } from 'pino'
import type { ScanMetrics } from './metrics.ts'
import { createScans } from './scan.ts'
import type { Scans } from './scan.ts'
import { ScannerUnavailableError } from './scanner.ts'

export interface ScanningDependencies {
  events: EventLog
  now: () => number
  live: LiveConfig
  metrics: ScanMetrics
  log: Logger
}

/** The scans of this process: counted, and what was found is written to EVENTS, where senders are judged by it. */
export function createScanning({ events, now, live, metrics, log }: ScanningDependencies): Scans {
  const settings = (): string => JSON.stringify(live.current.platform.scanning ?? {})
  let present = '{}'
  const tell = (): void => {
    if (settings() === present) return
    present = settings()
    log.info({ event: 'scanners', ...live.current.platform.scanning })
  }
  tell()
  live.onChange(tell)
  return createScans({
    config: () => live.current,
    scanned: ({ scanner, finding, asked, seconds }) => {
      if (asked) metrics.scanSeconds.observe({ scanner }, seconds)
      if (asked && finding instanceof ScannerUnavailableError)
        log.warn({ event: 'scanner-failed', scanner, err: finding })
    },
    judged: ({ scanner, outcome, action, reason }, { id, domain, credential }) => {
      metrics.scans.inc({ scanner, outcome, action })
      if (outcome === 'clean') return
      log.info({ event: 'verdict', id, credential, scanner, outcome, action, reason })
      events
        .append({ type: 'verdict', at: now(), id, domain, credential, scanner, outcome, action, reason })
        .catch((error: unknown) => {
          metrics.verdictsDropped.inc()
          log.debug({ event: 'verdict-not-written', err: error })
        })
    },
  })
}
