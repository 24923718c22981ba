import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { countBy } from '@postrider/metrics/count-by'
import type { ConnectionLimiter } from './guard/connection-limiter.ts'
import { REFUSAL_REASONS } from '@postrider/smtp/refusal'
import { createScanMetrics } from './scan/metrics.ts'
import type { BreakerOf } from './scan/metrics.ts'
import type { Listener } from './session/listener.ts'

export function createMetrics(
  registry: Registry,
  listeners: () => Listener[],
  limiter: Pick<ConnectionLimiter, 'unauthenticated' | 'connections'>,
  breaker: BreakerOf,
) {
  const registers = [registry]
  new Gauge({
    name: 'postrider_ingress_connections',
    help: 'Open client connections, by listener.',
    labelNames: ['listener'],
    registers,
    collect() {
      for (const { settings, connections } of listeners())
        this.set({ listener: `${settings.kind}:${settings.port}` }, connections)
    },
  })
  new Gauge({
    name: 'postrider_ingress_clients',
    help: 'Open connections, by whether the client has logged in, including connections whose TLS handshake has not started or finished.',
    labelNames: ['login'],
    registers,
    collect() {
      this.set({ login: 'no' }, limiter.unauthenticated)
      this.set({ login: 'yes' }, limiter.connections - limiter.unauthenticated)
    },
  })
  return {
    ...createScanMetrics(registry, breaker),
    refused: countBy(registry, {
      name: 'postrider_refused_total',
      help: 'Commands and messages refused, by reason.',
      label: 'reason',
      values: REFUSAL_REASONS,
    }),
    rejected: countBy(registry, {
      name: 'postrider_connections_rejected_total',
      help: 'Connections rejected, or closed by the ingress, by reason.',
      label: 'reason',
      values: ['full', 'network', 'rate', 'deadline', 'displaced', 'proxy', 'slow'],
    }),
    accepted: new Counter({
      name: 'postrider_accepted_messages_total',
      help: 'Messages accepted (answered 250).',
      registers,
    }),
    acceptedBytes: new Counter({
      name: 'postrider_accepted_bytes_total',
      help: 'Size of accepted messages as stored, in octets.',
      registers,
    }),
    acceptSeconds: new Histogram({
      name: 'postrider_accept_seconds',
      help: 'Time from the final dot to the 250 reply: checks, limits, signing and the durable write.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
  }
}
