import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { BreakerState } from './breaker.ts'
import { SCANNERS } from './scanner.ts'
import type { ScannerName } from './scanner.ts'

export type BreakerOf = (scanner: ScannerName) => BreakerState

export function createScanMetrics(registry: Registry, breaker: BreakerOf) {
  const registers = [registry]
  new Gauge({
    name: 'postrider_scanner_left_alone',
    help: '1 while a scanner has failed so often that messages are not shown to it, but for one now and then.',
    labelNames: ['scanner'],
    registers,
    collect() {
      for (const scanner of SCANNERS) this.set({ scanner }, breaker(scanner) === 'closed' ? 0 : 1)
    },
  })
  return {
    scans: new Counter({
      name: 'postrider_scans_total',
      help: 'What scanners said about messages, or that they said nothing, by outcome and what was done.',
      labelNames: ['scanner', 'outcome', 'action'],
      registers,
    }),
    verdictsDropped: new Counter({
      name: 'postrider_verdicts_dropped_total',
      help: 'Verdicts of scanners that could not be written down; they do not count for the reputation of their sender.',
      registers,
    }),
    scanSeconds: new Histogram({
      name: 'postrider_scan_seconds',
      help: 'From showing a message to a scanner to its answer or failure.',
      labelNames: ['scanner'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  }
}
export type ScanMetrics = ReturnType<typeof createScanMetrics>
