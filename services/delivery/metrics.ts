import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { CATEGORIES } from '@postrider/reply/category'
import { countBy } from '@postrider/metrics/count-by'
import { brokenBounds } from './transaction/bounds.ts'

/** Values that are read at each scrape. `slow`: attempts that are set aside. */
export interface Levels {
  connections: () => number
  inFlight: () => number
  slow: () => number
}

/** Registers the metrics of a delivery process. Returns those that its callers increment or observe. */
export function createMetrics(registry: Registry, { connections, inFlight, slow }: Levels) {
  const registers = [registry]
  new Gauge({
    name: 'postrider_delivery_connections',
    help: 'Open connections to remote servers.',
    registers,
    collect() {
      this.set(connections())
    },
  })
  new Gauge({
    name: 'postrider_delivery_jobs_in_flight',
    help: 'Jobs in flight in this process.',
    registers,
    collect() {
      this.set(inFlight())
    },
  })
  new Gauge({
    name: 'postrider_delivery_slow_attempts',
    help: 'Attempts set aside because their remote is slow; they do not count against the capacity.',
    registers,
    collect() {
      this.set(slow())
    },
  })
  new Counter({
    name: 'postrider_remote_limits_exceeded_total',
    help: 'Connections closed because a remote exceeded a protocol limit, by limit.',
    labelNames: ['limit'],
    registers,
    collect() {
      this.reset()
      for (const [limit, count] of Object.entries(brokenBounds)) this.inc({ limit }, count)
    },
  })
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const byCategory = (name: string, help: string) =>
    countBy(registry, { name, help, label: 'category', values: CATEGORIES })
  return {
    delivered: counter('postrider_delivered_recipients_total', 'Recipients accepted by a remote server.'),
    deferred: byCategory(
      'postrider_deferred_recipients_total',
      'Recipients deferred for another attempt, by category of the reply.',
    ),
    bounced: byCategory(
      'postrider_bounced_recipients_total',
      'Recipients that failed permanently, by category of the reply.',
    ),
    postponed: counter(
      'postrider_postponed_jobs_total',
      'Jobs returned unattempted because their site had no free connection.',
    ),
    faults: counter(
      'postrider_attempt_faults_total',
      'Attempts that failed because of a fault of this platform; they are repeated.',
    ),
    ambiguous: counter(
      'postrider_ambiguous_transactions_total',
      'Connections lost between the final dot and its reply.',
    ),
    leasesLost: countBy(registry, {
      name: 'postrider_delivery_leases_lost_total',
      help: 'Jobs whose lease the broker did not renew in time, by whether the final dot had been sent. If not, the attempt was abandoned and is repeated.',
      label: 'final_dot',
      values: ['sent', 'not-sent'],
    }),
    attemptSeconds: new Histogram({
      name: 'postrider_attempt_seconds',
      help: 'Time from fetching a job until its outcome is on disk.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
      registers,
    }),
    queueSeconds: new Histogram({
      name: 'postrider_queue_seconds',
      help: 'Time from acceptance to delivery, for each delivered recipient.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300, 3600, 14400, 86400, 432000],
      registers,
    }),
  }
}
