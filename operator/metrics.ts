import type { Registry } from 'prom-client'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Broker } from '@postrider/queue/broker'
import { DELIVERY_CONSUMER, JOBS, mailStream } from '@postrider/queue/names'
import type { StoredResource } from './configuration/gather.ts'

/** What the gauges look at. */
export interface Sources {
  leading: () => boolean
  domains: () => StoredResource[]
  certificateEndsAt: () => number | undefined
  broker: () => Broker | undefined
}

export interface OperatorMetrics {
  reconciled(controller: string, seconds: number): void
  failed(controller: string): void
}

const STREAM_GAUGES = {
  messages: 'Records in a stream of the broker.',
  bytes: 'Octets of a stream of the broker.',
} as const
const CONSUMER_GAUGES = {
  pending: 'Jobs of a stream that nobody has taken yet.',
  ack_pending: 'Jobs of a stream that a worker holds.',
} as const

export function createMetrics(registry: Registry, sources: Sources): OperatorMetrics {
  const registers = [registry]
  const seconds = new Histogram({
    name: 'postrider_operator_reconcile_seconds',
    help: 'Time of one run of a controller.',
    labelNames: ['controller'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  })
  const errors = new Counter({
    name: 'postrider_operator_reconcile_errors_total',
    help: 'Runs of a controller that failed; each is tried again.',
    labelNames: ['controller'],
    registers,
  })
  new Gauge({
    name: 'postrider_operator_leader',
    help: '1 in the operator that leads.',
    registers,
    collect() {
      this.set(sources.leading() ? 1 : 0)
    },
  })
  new Gauge({
    name: 'postrider_certificate_not_after_seconds',
    help: 'When the certificate of the ingress ends, Unix time.',
    registers,
    collect() {
      const endsAt = sources.certificateEndsAt()
      if (endsAt === undefined) this.remove()
      else this.set(endsAt / 1000)
    },
  })
  domainGauge(registry, sources, 'postrider_domain_ready', 'Ready', '1 when mail from the Domain is taken.')
  domainGauge(
    registry,
    sources,
    'postrider_domain_dns_verified',
    'DNSVerified',
    '1 when the records of the Domain are in the DNS.',
  )
  brokerGauges(registry, sources)
  return {
    reconciled: (controller, took) => seconds.observe({ controller }, took),
    failed: (controller) => errors.inc({ controller }),
  }
}

function domainGauge(
  registry: Registry,
  { leading, domains }: Sources,
  name: string,
  type: string,
  help: string,
): void {
  new Gauge({
    name,
    help,
    labelNames: ['namespace', 'domain'],
    registers: [registry],
    collect() {
      this.reset()
      // The others see the same: one tells.
      if (!leading()) return
      for (const { metadata, spec, status } of domains()) {
        const domain = (spec as { domainName?: string } | undefined)?.domainName ?? ''
        const holds = status?.conditions?.some((condition) => condition.type === type && condition.status === 'True')
        this.set({ namespace: metadata?.namespace ?? '', domain }, holds === true ? 1 : 0)
      }
    },
  })
}

function brokerGauges(registry: Registry, { leading, broker }: Sources): void {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `postrider_broker_${name}`, help, labelNames: ['stream'], registers: [registry] })
  const streams = {
    messages: gauge('stream_messages', STREAM_GAUGES.messages),
    bytes: gauge('stream_bytes', STREAM_GAUGES.bytes),
  }
  const consumers = {
    pending: gauge('consumer_pending', CONSUMER_GAUGES.pending),
    ackPending: gauge('consumer_ack_pending', CONSUMER_GAUGES.ack_pending),
  }
  new Gauge({
    name: 'postrider_broker_reachable',
    help: '1 when the operator has a connection to the broker.',
    registers: [registry],
    async collect() {
      const found = broker()
      for (const one of [...Object.values(streams), ...Object.values(consumers)]) one.reset()
      if (!leading() || found === undefined) {
        this.remove()
        return
      }
      this.set(found.connected ? 1 : 0)
      if (!found.connected) return
      for await (const { config, state } of found.jsm.streams.list()) {
        streams.messages.set({ stream: config.name }, state.messages)
        streams.bytes.set({ stream: config.name }, state.bytes)
        if (config.name !== JOBS && !config.name.startsWith(mailStream(0).slice(0, -1))) continue
        const info = await found.jsm.consumers.info(config.name, DELIVERY_CONSUMER).catch(() => undefined)
        if (info === undefined) continue
        consumers.pending.set({ stream: config.name }, info.num_pending)
        consumers.ackPending.set({ stream: config.name }, info.num_ack_pending)
      }
    },
  })
}
