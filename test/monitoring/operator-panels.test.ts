import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { apiServerMissing } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { helmMissing } from '../support/helm.ts'
import { needs } from '../support/needs.ts'
import { startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld } from '../support/operator.ts'
import { startUnbound, unboundMissing } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'
import { NEEDS_KUBERNETES, panelQueries } from './dashboard.ts'
import { startPrometheus } from './prometheus.ts'
import type { Prometheus, Target } from './prometheus.ts'

const skip =
  apiServerMissing({ controllerManager: true }) ||
  helmMissing() ||
  unboundMissing() ||
  needs('prometheus', 'prometheus')
const LONG_MS = 60_000

describe('a real Prometheus reads two operators of a real API server', { skip }, () => {
  let world: OperatorWorld & { operator: OperatorProcess }
  let dns: Unbound
  let prometheus: Prometheus

  before(async () => {
    dns = await startUnbound({ records: ['mail.platform.test. A 127.0.0.1'] })
    world = await startOperatorWorld()
    await world.put('MailPlatform', SYSTEM, 'mail', {
      hostName: 'mail.platform.test',
      dns: { resolvers: [dns.address] },
      verification: { recheck: '1s' },
    })
    await world.put('Domain', SYSTEM, 'site', { domainName: 'site.test' })
    const second = await world.startOperator('operator-1')
    const target = ({ telemetry }: OperatorProcess, pod: string): Target => ({
      address: new URL(telemetry).host,
      namespace: SYSTEM,
      pod,
      component: 'operator',
    })
    prometheus = await startPrometheus([target(world.operator, 'operator-0'), target(second, 'operator-1')])
  })
  after(async () => {
    await prometheus.stop()
    await world.stop()
    await dns.stop()
  })

  const valuesOf = async (query: string) => (await prometheus.query(query)).map(({ value }) => value)

  /** Alerts that become firing ones when nothing changes; without those that miss the services, which do not run here. */
  const pending = async (): Promise<string[]> =>
    (await prometheus.query('ALERTS{alertstate="pending", alertname!="PostriderServiceMissing"}'))
      .map(({ labels }) => `${labels['alertname'] ?? ''} ${labels['domain'] ?? ''}`.trim())
      .sort()
  const publish = async (): Promise<void> => {
    const found = await world.get('Domain', SYSTEM, 'site')
    const records = (found?.status?.['dnsRecords'] ?? []) as { type: string; name: string; value: string }[]
    assert.ok(records.some(({ name }) => name.includes('_domainkey')))
    for (const { type, name, value } of records.filter((record) => record.type === 'TXT')) {
      const strings = (value.match(/.{1,200}/g) ?? []).map((part) => `"${part}"`).join(' ')
      await dns.add(`${name}. 1 ${type} ${strings}`)
    }
  }

  it('has data for each query that needs Kubernetes', async () => {
    const queries = panelQueries(SYSTEM).filter(({ panel }) => Object.hasOwn(NEEDS_KUBERNETES, panel))
    await eventually(async () => {
      for (const { panel, query } of queries) {
        const values = await valuesOf(query)
        assert.ok(values.some(Number.isFinite), `${panel}: ${query} gives ${JSON.stringify(values)}`)
      }
    }, LONG_MS)
  })

  it('tells a Domain that waits for its records from one that has them, with its own namespace', async () => {
    const labels = `{namespace="${SYSTEM}", tenant="${SYSTEM}", domain="site.test"}`
    const seen = () =>
      Promise.all(['ready', 'dns_verified'].map((name) => valuesOf(`postrider_domain_${name}${labels}`)))
    await eventually(async () => assert.deepEqual(await seen(), [[0], [0]]), LONG_MS)
    await eventually(publish, LONG_MS)
    await eventually(async () => assert.deepEqual(await seen(), [[1], [1]]), LONG_MS)
  })

  it('is about to raise the alert when a record is gone again', async () => {
    await eventually(async () => assert.deepEqual(await pending(), []), LONG_MS)
    await dns.remove('site.test')
    await eventually(
      async () => assert.deepEqual(await pending(), ['PostriderDomainRecordsMissing site.test']),
      LONG_MS,
    )
    await eventually(publish, LONG_MS)
    await eventually(async () => assert.deepEqual(await pending(), []), LONG_MS)
  })

  it('sees one leader, and the other one after its end', async () => {
    const leaders = async () =>
      (await prometheus.query('postrider_operator_leader == 1')).map(({ labels }) => labels['pod'])
    await eventually(async () => assert.deepEqual(await leaders(), ['operator-0']), LONG_MS)
    await world.operator.end('SIGKILL')
    await eventually(async () => assert.deepEqual(await leaders(), ['operator-1']), LONG_MS)
    // What only the leader reports is reported by the new one.
    await eventually(async () => assert.deepEqual(await valuesOf('postrider_broker_reachable'), [1]), LONG_MS)
  })

  it('sees that the broker is away', async () => {
    await world.broker.stop()
    await eventually(async () => assert.deepEqual(await valuesOf('postrider_broker_reachable'), [0]), LONG_MS)
    await eventually(async () => assert.ok((await pending()).includes('PostriderBrokerUnreachable')), LONG_MS)
  })

  it('evaluates each rule', async () => {
    await eventually(async () => assert.deepEqual(await prometheus.badRules(), []))
  })
})
