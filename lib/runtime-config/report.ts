import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Logger } from '@postrider/service/log'
import { loggedTrouble } from '@postrider/service/trouble'
import type { Trouble } from '@postrider/service/trouble'
import type { BadEntry } from './last-good.ts'

export interface ConfigReport {
  /** An entry of the configuration cannot be read. */
  bad(entry: BadEntry, revision: number): void
  /** Sets how many entries are bad now. */
  badEntries(count: number): void
  /** The start of the service waits until these entries can be read. */
  waiting(keys: string[]): void
  /** A listener of the configuration failed. */
  failed(error: unknown): void
  /** The configuration cannot be followed; its last value stays in force. */
  following: Trouble
}

/** Reports bad entries in the log and by a metric, which every service has. */
export function reportConfig(registry: Registry, log: Pick<Logger, 'error' | 'warn' | 'info'>): ConfigReport {
  const gauge = new Gauge({
    name: 'postrider_config_invalid_entries',
    help: 'Configuration entries that cannot be read; their previous values stay in force.',
    registers: [registry],
  })
  gauge.set(0)
  return {
    bad: ({ key, error }) => log.error({ event: 'config-invalid', key, err: error }),
    badEntries: (count) => gauge.set(count),
    waiting: (keys) => log.error({ event: 'config-waiting', keys }),
    failed: (error) => log.error({ event: 'config-failed', err: error }),
    following: loggedTrouble(log, 'config-watch'),
  }
}
