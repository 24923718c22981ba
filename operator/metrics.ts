import type { Registry } from 'prom-client'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Broker } from '@postrider/broker/connection'
import { DELIVERY_CONSUMER, JOBS, mailStream } from '@postrider/broker/names'
import { undefinedIfMissing } from '@postrider/broker/streams'
import { conditionOf } from '@postrider/kubernetes/status/status'
import type { StoredResource } from './stored-resource.ts'

/** What the gauges read. */
export interface Sources {
  leading: () => boolean
  domains: () => StoredResource<'Domain'>[]
  certificateEndsAt: () => number | undefined
  broker: () => Broker | undefined
}

export interface OperatorMetrics {
  reconciled(controller: string, seconds: number): void
  failed(controller: string): void
}

export function createMetrics(registry: Registry, sources: Sources): OperatorMetrics {
  const registers = [registry]
  const seconds = new Histogram({
    name: 'postrider_operator_reconcile_seconds',
    help: 'Duration of one run of a controller.',
    labelNames: ['controller'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  })
  const errors = new Counter({
    name: 'postrider_operator_reconcile_errors_total',
    help: 'Failed runs of a controller; each is retried.',
    labelNames: ['controller'],
    registers,
  })
  new Gauge({
    name: 'postrider_operator_leader',
    help: '1 in the leading replica of the operator.',
    registers,
    collect() {
      this.set(sources.leading() ? 1 : 0)
    },
  })
  new Gauge({
    name: 'postrider_certificate_not_after_seconds',
    help: 'When the certificate of the ingress expires, as Unix time.',
    registers,
    collect() {
      const endsAt = sources.certificateEndsAt()
      if (endsAt === undefined) this.remove()
      else this.set(endsAt / 1000)
    },
  })
  domainGauge(registry, sources, 'postrider_domain_ready', 'Ready', '1 if mail from the Domain is accepted.')
  domainGauge(
    registry,
    sources,
    'postrider_domain_dns_verified',
    'DNSVerified',
    '1 if the required records of the Domain are in the DNS.',
  )
  brokerGauges(registry, sources)
  return {
    reconciled(controller, took) {
      seconds.observe({ controller }, took)
      // Begins with 0: a rate does not see the increase to the first value.
      errors.inc({ controller }, 0)
    },
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
    // Not `namespace`: Prometheus uses that label for the namespace of the scraped pod.
    labelNames: ['tenant', 'domain'],
    registers: [registry],
    collect() {
      this.reset()
      // Only the leader knows the Domains.
      if (!leading()) return
      for (const object of domains()) {
        const domain = object.spec.domainName ?? ''
        const holds = conditionOf(object, type)?.status === 'True'
        this.set({ tenant: object.metadata?.namespace ?? '', domain }, holds ? 1 : 0)
      }
    },
  })
}

function brokerGauges(registry: Registry, { leading, broker }: Sources): void {
  let reading: Promise<void> | undefined
  /** Reads the broker once for all gauges of a scrape. A failure must not suppress the other metrics. */
  const read = (): Promise<void> =>
    (reading ??= look()
      .catch(() => reachable.set(0))
      .finally(() => (reading = undefined)))
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `postrider_broker_${name}`, help, labelNames, registers: [registry], collect: read })
  const reachable = gauge('reachable', '1 if the operator is connected to the broker.')
  const messages = gauge('stream_messages', 'Number of records in a stream of the broker.', ['stream'])
  const bytes = gauge('stream_bytes', 'Size of a stream of the broker, in octets.', ['stream'])
  const pending = gauge('consumer_pending', 'Jobs in a stream that no worker has fetched yet.', ['stream'])
  const ackPending = gauge('consumer_ack_pending', 'Jobs in a stream that are in flight.', ['stream'])

  async function look(): Promise<void> {
    for (const one of [messages, bytes, pending, ackPending]) one.reset()
    const found = broker()
    if (!leading() || found === undefined) {
      reachable.remove()
      return
    }
    reachable.set(found.connected ? 1 : 0)
    if (!found.connected) return
    for await (const { config, state } of found.jsm.streams.list()) {
      const stream = config.name
      messages.set({ stream }, state.messages)
      bytes.set({ stream }, state.bytes)
      if (stream !== JOBS && !stream.startsWith(mailStream(0).slice(0, -1))) continue
      const info = await found.jsm.consumers.info(stream, DELIVERY_CONSUMER).catch(undefinedIfMissing)
      if (info === undefined) continue
      pending.set({ stream }, info.num_pending)
      ackPending.set({ stream }, info.num_ack_pending)
    }
  }
}
