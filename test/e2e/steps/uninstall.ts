import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import type { Run } from '../journey.ts'
import { get, helm, kubectl, ROOT } from '../kube.ts'
import { RELEASE, SHOP, SYSTEM } from '../platform.ts'

/** As docs/kubernetes/uninstall.md says it. CRDs and the broker's volume claims stay, and nothing else. */

interface Found {
  kind: string
  metadata: { name: string }
}

/** What a namespace has without us. */
const COMMON = ['ConfigMap kube-root-ca.crt', 'ServiceAccount default']
/** Gone within hours by itself. */
const PASSING = ['Event', 'PodMetrics']

export const uninstall: Run = async (_, log) => {
  await removeRelease()
  await eventually(async () => {
    const left = await leftIn(SYSTEM)
    assert.deepEqual(left, ['PersistentVolumeClaim data-postrider-nats-0'], 'in the namespace of the platform')
    const secrets = (await get<{ items: Found[] }>('secrets', '-n', SHOP)).items.map(({ metadata }) => metadata.name)
    assert.deepEqual(secrets, [], 'the Secrets of the credentials')
    assert.deepEqual(await ours('clusterroles,clusterrolebindings,priorityclasses'), [])
  }, 120_000)
  const crds = await ours('customresourcedefinitions')
  const shipped = readdirSync(join(ROOT, 'charts', 'postrider', 'crd-files'))
  assert.equal(crds.length, shipped.length)
  log(`left: the claim data-postrider-nats-0 and ${crds.length} CRDs`)
}

/** Of CRDs that the chart of an earlier commit did not have nothing is there to delete. */
const OBJECTS = [
  ['-A', ['domains', 'smtpcredentials', 'smtplimits', 'senderaddresses']],
  [`--namespace=${SYSTEM}`, ['mailplatforms', 'deliverypools', 'destinationpolicies']],
] as const

/** The objects of tenants and platform, then the release. */
export async function removeRelease(): Promise<void> {
  const known = new Set((await kubectl('api-resources', '--api-group=postrider.dev', '-o', 'name')).trim().split('\n'))
  for (const [where, kinds] of OBJECTS) {
    const there = kinds.map((kind) => `${kind}.postrider.dev`).filter((kind) => known.has(kind))
    if (there.length > 0) await kubectl('delete', there.join(','), '--all', where, '--timeout=60s')
  }
  await helm('uninstall', RELEASE, '-n', SYSTEM, '--wait', '--timeout', '3m', '--ignore-not-found')
}

/** Of all kinds there are. */
async function leftIn(namespace: string): Promise<string[]> {
  const kinds = (await kubectl('api-resources', '--verbs=list', '--namespaced', '-o', 'name')).trim().split('\n')
  const { items } = await get<{ items: Found[] }>(kinds.join(','), '-n', namespace)
  return items
    .filter(({ kind }) => !PASSING.includes(kind))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .filter((name) => !COMMON.includes(name))
}

/** Cluster-wide objects that bear our name. */
const ours = async (kinds: string): Promise<string[]> =>
  (await get<{ items: Found[] }>(kinds)).items
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .filter((name) => name.includes('postrider'))
