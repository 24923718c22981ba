import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { countBy } from '@postrider/metrics/count-by'
import type { NoticeKind } from '@postrider/mail/envelope'
import type { LogReader } from './log/read.ts'
import type { QuarantineWatch } from './quarantine/watch.ts'
import type { HeldLog } from './review/held-log.ts'

/** What the metrics are read from at each scrape. */
export interface Measured {
  quarantine: Pick<QuarantineWatch, 'count'>
  reader: LogReader
  held: Pick<HeldLog, 'count'>
  /** Records in the streams that are not in the message log yet. */
  lag: () => number
  /** The platform's time in milliseconds since the epoch. */
  now: () => number
}

/** Registers the metrics of the notifier. The size of the queue is read from the log at each scrape. Returns the metrics that callers
 * increment. */
export function createMetrics(registry: Registry, { quarantine, reader, held, lag, now }: Measured) {
  const registers = [registry]
  new Gauge({
    name: 'postrider_queue_recipients',
    help: 'Recipients without a final outcome, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      const count = reader.count(now())
      this.set({ state: 'queued' }, count.queued)
      this.set({ state: 'deferred' }, count.deferred)
    },
  })
  new Gauge({
    name: 'postrider_queue_due_recipients',
    help: 'Recipients due for an attempt now.',
    registers,
    collect() {
      this.set(reader.count(now()).due)
    },
  })
  new Gauge({
    name: 'postrider_queue_oldest_seconds',
    help: 'Age of the oldest message with a recipient without a final outcome; 0 if there is none.',
    registers,
    collect() {
      const { oldestAcceptedAt } = reader.count(now())
      this.set(oldestAcceptedAt === null ? 0 : (now() - oldestAcceptedAt) / 1000)
    },
  })
  new Gauge({
    name: 'postrider_queue_oldest_due_seconds',
    help: 'Time that the longest-overdue recipient has been waiting for its attempt; 0 if none is due.',
    registers,
    collect() {
      const { oldestDueAt } = reader.count(now())
      this.set(oldestDueAt === null ? 0 : (now() - oldestDueAt) / 1000)
    },
  })
  new Gauge({
    name: 'postrider_held_messages',
    help: 'Messages held for review.',
    registers,
    collect() {
      this.set(held.count())
    },
  })
  new Gauge({
    name: 'postrider_log_lag_records',
    help: 'Records in the streams that are not yet in the message log.',
    registers,
    collect() {
      this.set(lag())
    },
  })
  new Gauge({
    name: 'postrider_quarantine_records',
    help: 'Records in the quarantine: they could not be read or written, and wait for an administrator to retry or drop them.',
    registers,
    collect() {
      this.set(quarantine.count.present)
    },
  })
  new Counter({
    name: 'postrider_quarantined_total',
    help: 'Records put into the quarantine.',
    registers,
    collect() {
      // The total comes from the broker.
      this.reset()
      this.inc(quarantine.count.arrived)
    },
  })
  return {
    notices: countBy(registry, {
      name: 'postrider_notices_total',
      help: 'Notices sent, by kind (RFC 3464 action).',
      label: 'kind',
      values: ['failed', 'delayed', 'delivered', 'suspended'] satisfies (NoticeKind | 'suspended')[],
    }),
    erased: new Counter({
      name: 'postrider_contents_erased_total',
      help: 'Message contents deleted at the end of their retention.',
      registers,
    }),
  }
}
