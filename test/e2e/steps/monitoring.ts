import assert from 'node:assert/strict'
import { panelQueries } from '../../monitoring/dashboard.ts'
import { startPrometheus } from '../../monitoring/prometheus.ts'
import type { Prometheus, Target } from '../../monitoring/prometheus.ts'
import { eventually } from '../../support/eventually.ts'
import type { Run } from '../journey.ts'
import { get } from '../kube.ts'
import type { Pod } from '../kube.ts'
import { mailTo, send, SYSTEM } from '../platform.ts'

/** A Prometheus on this machine, which reaches the pods of a cluster of its own node. */
export interface Watching {
  prometheus: Prometheus
  stop(): Promise<void>
}

const TELEMETRY_PORT = 9464
const LOOK_MS = 2000

/** Reads all pods of the platform from now on, those to come as well. */
export async function watchMetrics(): Promise<Watching> {
  const prometheus = await startPrometheus([])
  const look = setInterval(() => {
    // Without an API server the pods known last go on to be read.
    targets().then(prometheus.follow, () => undefined)
  }, LOOK_MS)
  return {
    prometheus,
    async stop() {
      clearInterval(look)
      await prometheus.stop()
    },
  }
}

async function targets(): Promise<Target[]> {
  const { items } = await get<{ items: Pod[] }>('pods', '-n', SYSTEM, '-l', 'app.kubernetes.io/name=postrider')
  return items.flatMap(({ metadata: { name, labels }, status: { podIP, phase } }) => {
    const component = labels?.['app.kubernetes.io/component'] ?? ''
    if (podIP === undefined || phase !== 'Running' || component === 'broker') return []
    return [{ address: `${podIP}:${TELEMETRY_PORT}`, namespace: SYSTEM, pod: name, component }]
  })
}

/** Each query of the dashboard has data, and each rule can be evaluated. */
export const dashboardHasData: Run = async ({ watching }, log) => {
  assert.ok(watching !== undefined)
  const { prometheus } = watching
  // What a rate of some minutes is to show happens again.
  for (const to of ['late@later.test', 'nobody@refuse.test'])
    assert.equal((await send({ secret: 'app-smtp', mail: mailTo(to, 'for the dashboard') })).ok, true)
  const foreign = { ...mailTo('someone@take.test', 'refused'), from: 'boss@example.net' }
  assert.equal((await send({ secret: 'app-smtp', mail: foreign })).responseCode, 553)
  const queries = panelQueries(SYSTEM, '15m')
  await eventually(async () => {
    const empty: string[] = []
    for (const { panel, query } of queries) {
      const samples = await prometheus.query(query)
      if (!samples.some(({ value }) => Number.isFinite(value))) empty.push(`${panel}: ${query}`)
    }
    assert.deepEqual(empty, [], 'panels without data')
  }, 120_000)
  assert.deepEqual(await prometheus.badRules(), [])
  const read = (await prometheus.targets()).filter(({ trouble }) => trouble === '').length
  log(
    `${queries.length} queries of ${new Set(queries.map(({ panel }) => panel)).size} panels have data; ${read} pods are read`,
  )
}
