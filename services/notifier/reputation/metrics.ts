import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { LiveReputations } from '@postrider/reputation/watch'
import { countBy } from '@postrider/metrics/count-by'

/** Registers the metrics of reputations. Returns those that callers increment. */
export function createReputationMetrics(registry: Registry, reputations: Pick<LiveReputations, 'all'>) {
  new Gauge({
    name: 'postrider_suspended_accounts',
    help: 'Credentials and domains suspended for bounces or spam, by kind.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const accounts = [...reputations.all()].filter(([, { suspended }]) => suspended !== undefined)
      for (const kind of ['credential', 'domain'])
        this.set({ kind }, accounts.filter(([account]) => account.startsWith(`${kind}/`)).length)
    },
  })
  return {
    suspensions: countBy(registry, {
      name: 'postrider_suspensions_total',
      help: 'Suspensions of credentials and domains, by reason.',
      label: 'reason',
      values: ['Bounces', 'Spam'],
    }),
  }
}
