import assert from 'node:assert/strict'
import { panelQueries } from '../../monitoring/dashboard.ts'
import { startPrometheus } from '../../monitoring/prometheus.ts'
import type { Target } from '../../monitoring/prometheus.ts'
import { eventually } from '../../support/eventually.ts'
import type { Watching } from '../watching.ts'
import type { Run } from '../journey.ts'
import { apply, get, kubectl, readyPods } from '../kube.ts'
import type { Pod } from '../kube.ts'
import { mailTo, patchPlatform, send, SYSTEM } from '../platform.ts'
import { deployed } from '../pod-shapes.ts'
import { REMOTE } from '../remote.ts'

const TELEMETRY_PORT = 9464
const LOOK_MS = 2000
/** Where a pod of the HTTP service answers without TLS. */
const HTTP_PORT = 1080

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
export const dashboardHasData: Run = async ({ watching, images }, log) => {
  assert.ok(watching !== undefined)
  const { prometheus } = watching
  await startScanner(images.image)
  const queries = panelQueries(SYSTEM, '15m')
  await eventually(async () => {
    await makeTraffic()
    const empty: string[] = []
    for (const { panel, query } of queries) {
      const samples = await prometheus.query(query)
      if (!samples.some(({ value }) => Number.isFinite(value))) empty.push(`${panel}: ${query}`)
    }
    assert.deepEqual(empty, [], 'panels without data')
  }, 120_000)
  await patchPlatform({ scanning: null })
  assert.deepEqual(await prometheus.badRules(), [])
  const read = (await prometheus.targets()).filter(({ trouble }) => trouble === '').length
  log(
    `${queries.length} queries of ${new Set(queries.map(({ panel }) => panel)).size} panels have data; ${read} pods are read`,
  )
}

/** What a rate of some minutes is to show happens again: a rate needs two samples of a series. */
async function makeTraffic(): Promise<void> {
  for (const to of ['late@later.test', 'nobody@refuse.test', 'someone@take.test'])
    assert.equal((await send({ secret: 'app-smtp', mail: mailTo(to, 'for the dashboard') })).ok, true)
  const foreign = { ...mailTo('someone@take.test', 'refused'), from: 'boss@example.net' }
  assert.equal((await send({ secret: 'app-smtp', mail: foreign })).responseCode, 553)
  for (const { status } of await readyPods(SYSTEM, 'app.kubernetes.io/component=api'))
    await (await fetch(`http://${status.podIP ?? ''}:${HTTP_PORT}/mail/config-v1.1.xml`)).arrayBuffer()
}

/** A scanner in a pod of its own, used by the platform from now on. */
async function startScanner(image: string): Promise<void> {
  await apply(
    deployed({
      name: 'scanner',
      namespace: REMOTE,
      image,
      command: ['node', 'e2e/scanner.ts'],
      ports: [{ name: 'clamd', port: 3310, targetPort: 3310 }],
      mounts: [{ name: 'programs', mountPath: '/app/e2e', volume: { configMap: { name: 'programs' } } }],
      readinessPort: 3310,
    }),
  )
  // The controllers of Kubernetes follow an API server that was away for a minute again after up to another minute: client-go's reflectors
  // wait up to 30 s between two tries, spread up to twice that.
  await kubectl('rollout', 'status', 'deployment/scanner', '-n', REMOTE, '--timeout=180s')
  await patchPlatform({ scanning: { clamav: { address: `scanner.${REMOTE}.svc:3310`, unavailable: 'Open' } } })
}
