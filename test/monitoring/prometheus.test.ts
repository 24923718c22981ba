import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { TELEMETRY_OFFSETS } from '@postrider/resources/telemetry'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { NEEDS_KUBERNETES, NEEDS_SCANNERS, panelQueries } from './dashboard.ts'
import { startPrometheus } from './prometheus.ts'
import type { Prometheus, Target } from './prometheus.ts'

const NAMESPACE = 'mail'

describe('a real Prometheus reads a platform', { skip: needs('prometheus', 'prometheus') }, () => {
  let remote: Receiver
  let platform: TestPlatform
  let prometheus: Prometheus

  before(async () => {
    remote = await startReceiver({
      script: ({ stage, argument }) => {
        if (stage !== 'rcpt') return undefined
        if (argument.startsWith('nobody')) return '550 5.1.1 no such user here'
        return argument.startsWith('later') ? '451 4.7.1 greylisted, try again later' : undefined
      },
    })
    platform = await startPlatform({ routeTo: remote, api: true })
    const base = platform.ports.telemetry
    const target = (component: string, port: number): Target => ({
      address: `127.0.0.1:${port}`,
      namespace: NAMESPACE,
      pod: `${component}-0`,
      component,
    })
    prometheus = await startPrometheus([
      target('notifier', base),
      target('api', base + TELEMETRY_OFFSETS.api),
      target('delivery', base + TELEMETRY_OFFSETS.delivery),
      target('ingress', base + TELEMETRY_OFFSETS.ingress),
    ])
  })
  after(async () => {
    await prometheus.stop()
    await platform.stop()
    await remote.close()
    platform.remove()
  })

  const one = async (query: string): Promise<number | undefined> => (await prometheus.query(query))[0]?.value

  it('finds each process by the configuration of the page', async () => {
    await eventually(async () => {
      const found = (await prometheus.targets()).sort((a, b) => a.pod.localeCompare(b.pod))
      assert.deepEqual(
        found,
        ['api-0', 'delivery-0', 'ingress-0', 'notifier-0'].map((pod) => ({ pod, trouble: '' })),
      )
    }, 60_000)
  })

  it('sees the very first mail, bounce, deferral and refusal in its rates', async () => {
    // Each series has been read at 0 once.
    const started =
      'count(postrider_refused_total{reason="sender"} == 0) + count(postrider_bounced_recipients_total == 0)'
    await eventually(async () => assert.ok(((await one(started)) ?? 0) > 0))
    await fetch(`http://127.0.0.1:${platform.ports.apiHttp}/nothing`)
    await platform.submit({ to: 'kim@remote.test' })
    await platform.submit({ to: 'nobody@remote.test' })
    await platform.submit({ to: 'later@remote.test' })
    await assert.rejects(platform.submit({ from: 'boss@other.test', to: 'kim@remote.test' }), { responseCode: 553 })
    for (const series of [
      'postrider_accepted_messages_total',
      'postrider_delivered_recipients_total',
      'postrider_bounced_recipients_total{category="unknown-user"}',
      'postrider_deferred_recipients_total{category="greylisted"}',
      'postrider_refused_total{reason="sender"}',
      'postrider_notices_total{kind="failed"}',
    ])
      await eventually(async () => assert.ok(((await one(`increase(${series}[1m])`)) ?? 0) > 0, series), 60_000)
    assert.equal(await one('postrider_queue_recipients{state="deferred"}'), 1)
  })

  it('has data for each query of the dashboard, but for what only a cluster or a scanner has', async () => {
    await eventually(async () => {
      const empty = new Set<string>()
      for (const { panel, query } of panelQueries(NAMESPACE)) {
        const samples = await prometheus.query(query)
        if (!samples.some(({ value }) => Number.isFinite(value))) empty.add(panel)
      }
      assert.deepEqual([...empty].sort(), Object.keys({ ...NEEDS_KUBERNETES, ...NEEDS_SCANNERS }).sort())
    }, 60_000)
  })

  it('shows nothing of another namespace', async () => {
    for (const { panel, query } of panelQueries('other')) {
      const samples = await prometheus.query(query)
      assert.deepEqual(samples, [], `${panel}: ${query}`)
    }
  })

  it('evaluates each rule', async () => {
    await eventually(async () => assert.deepEqual(await prometheus.badRules(), []))
  })
})
