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

/** Creates the scans of this process. Counts them, and writes verdicts other than clean to EVENTS, from which reputation is derived. */
export function createScanning({ events, now, live, metrics, log }: ScanningDependencies): Scans {
  const settings = (): string => JSON.stringify(live.current.platform.scanning ?? {})
  let present = '{}'
  const logSettings = (): void => {
    if (settings() === present) return
    present = settings()
    log.info({ event: 'scanners', ...live.current.platform.scanning })
  }
  logSettings()
  live.onChange(logSettings)
  return createScans({
    config: () => live.current,
    scanned: ({ scanner, verdict, asked, seconds }) => {
      if (asked) metrics.scanSeconds.observe({ scanner }, seconds)
      if (asked && verdict instanceof ScannerUnavailableError)
        log.warn({ event: 'scanner-failed', scanner, err: verdict })
    },
    decided: ({ scanner, outcome, action, reason }, { id, domain, credential }) => {
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
