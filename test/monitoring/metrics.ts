import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { skewGauge } from '@postrider/clock/clock'
import { reportConfig } from '@postrider/runtime-config/report'
import { createMetrics as operatorMetrics } from '../../operator/metrics.ts'
import { createMetrics as apiMetrics } from '../../services/api/metrics.ts'
import { createMetrics as deliveryMetrics } from '../../services/delivery/metrics.ts'
import { createMetrics as ingressMetrics } from '../../services/ingress/metrics.ts'
import type { LogReader } from '../../services/notifier/log/read.ts'
import { createMetrics as notifierMetrics } from '../../services/notifier/metrics.ts'
import { createReputationMetrics } from '../../services/notifier/reputation/metrics.ts'

export interface OwnMetric {
  service: string
  name: string
  help: string
  type: string
  labels: string[]
}

/** All metrics that the platform's processes have beside those of Node. */
export function ownMetrics(): OwnMetric[] {
  const zero = (): number => 0
  return [
    ...declared('ingress', (registry) =>
      ingressMetrics(
        registry,
        () => [],
        { unauthenticated: 0, connections: 0 },
        () => 'closed',
      ),
    ),
    ...declared('delivery', (registry) => deliveryMetrics(registry, { connections: zero, inFlight: zero, slow: zero })),
    ...declared('notifier', (registry) =>
      notifierMetrics(registry, {
        quarantine: { count: { present: 0, arrived: 0 } },
        reader: {} as LogReader,
        held: { count: zero },
        lag: zero,
        now: zero,
      }),
    ),
    ...declared('notifier', (registry) => createReputationMetrics(registry, { all: () => new Map() })),
    ...declared('each service', (registry) => {
      skewGauge(registry, zero)
      reportConfig(registry, { error: () => undefined, warn: () => undefined, info: () => undefined })
    }),
    ...declared('api', (registry) => apiMetrics(registry)),
    ...declared('operator', (registry) =>
      operatorMetrics(registry, {
        leading: () => false,
        domains: () => [],
        certificateEndsAt: () => undefined,
        broker: () => undefined,
      }),
    ),
  ]
}

/** Nothing is collected, so that what the gauges look at need not be there. */
function declared(service: string, create: (registry: Registry) => unknown): OwnMetric[] {
  const registry = new Registry()
  create(registry)
  return registry.getMetricsAsArray().map((metric) => {
    const { name, help, type, labelNames } = metric as unknown as Omit<OwnMetric, 'labels'> & { labelNames: string[] }
    return { service, name, help, type, labels: labelNames }
  })
}

/** Names of their series, with the endings that a histogram adds. */
export function knownSeries(): Set<string> {
  const endings = (type: string): string[] => (type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
  return new Set(ownMetrics().flatMap(({ name, type }) => endings(type).map((ending) => `${name}${ending}`)))
}

/** The platform's series that a text names, in PromQL or in prose. */
export const seriesIn = (text: string): string[] => [...new Set(text.match(/\bpostrider_\w+/g) ?? [])]

/** Metrics whose names stand in production code as they are; those of the broker are put together there. */
export function namedInCode(): string[] {
  const cwd = join(import.meta.dirname, '..', '..')
  const files = globSync('{lib,services,operator,standalone,cli}/**/*.ts', {
    cwd,
    exclude: ['**/node_modules', '**/*.test.ts'],
  })
  return files.flatMap((file) =>
    [...readFileSync(join(cwd, file), 'utf8').matchAll(/'(postrider_[a-z_]+)'/g)].map(([, name = '']) => name),
  )
}

/** The rows of the table in docs/kubernetes/monitoring.md. */
export const metricRows = (): string[] =>
  ownMetrics().map(({ service, name, help, type, labels }) => {
    const by = labels.length === 0 ? '' : ` {${labels.join(', ')}}`
    return `| \`${name}\`${by} | ${service} | ${type}. ${help} |`
  })
