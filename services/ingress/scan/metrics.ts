import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { BreakerState } from './breaker.ts'
import { SCANNERS } from './scanner.ts'
import type { ScannerName } from './scanner.ts'

/** The state of a scanner's circuit breaker. */
export type BreakerOf = (scanner: ScannerName) => BreakerState

export function createScanMetrics(registry: Registry, breaker: BreakerOf) {
  const registers = [registry]
  new Gauge({
    name: 'postrider_scanner_circuit_open',
    help: '1 while the circuit breaker of a scanner is open: it failed repeatedly, and only occasional probe messages are sent to it.',
    labelNames: ['scanner'],
    registers,
    collect() {
      for (const scanner of SCANNERS) this.set({ scanner }, breaker(scanner) === 'closed' ? 0 : 1)
    },
  })
  return {
    scans: new Counter({
      name: 'postrider_scans_total',
      help: 'Messages scanned, by scanner, outcome (including no answer) and action taken.',
      labelNames: ['scanner', 'outcome', 'action'],
      registers,
    }),
    verdictsDropped: new Counter({
      name: 'postrider_verdicts_dropped_total',
      help: 'Scanner verdicts that could not be recorded and so do not affect the reputation of their sender.',
      registers,
    }),
    scanSeconds: new Histogram({
      name: 'postrider_scan_seconds',
      help: 'Time from sending a message to a scanner until its answer or failure.',
      labelNames: ['scanner'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  }
}
export type ScanMetrics = ReturnType<typeof createScanMetrics>
