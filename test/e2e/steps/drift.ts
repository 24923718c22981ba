import assert from 'node:assert/strict'
import { eventually } from '../../support/eventually.ts'
import { timed } from '../journey.ts'
import type { Run } from '../journey.ts'
import { get, kubectl } from '../kube.ts'
import { mailTo, send, SHOP, startClient, SYSTEM } from '../platform.ts'

/** What somebody edits or deletes of the operator's objects, one after the other. */
interface Owned {
  kind: string
  metadata: { name: string; namespace: string; uid: string }
  spec?: Record<string, unknown>
  data?: Record<string, string>
}

/** What the issue promises. */
const BACK_S = 10
const KINDS = 'deployments,services,poddisruptionbudgets,horizontalpodautoscalers,secrets'
const ONE = 'MQ=='

/** A change of a field that the operator gives, as a merge patch; and what tells that it is undone. */
const edits: Record<string, (object: Owned) => { patch: object; seen: (now: Owned) => unknown }> = {
  Deployment: () => ({
    patch: { spec: { revisionHistoryLimit: 7 } },
    seen: ({ spec }) => spec?.['revisionHistoryLimit'],
  }),
  Service: () => ({ patch: { spec: { selector: { wrong: 'one' } } }, seen: ({ spec }) => spec?.['selector'] }),
  PodDisruptionBudget: () => ({ patch: { spec: { maxUnavailable: 9 } }, seen: ({ spec }) => spec?.['maxUnavailable'] }),
  HorizontalPodAutoscaler: () => ({ patch: { spec: { maxReplicas: 99 } }, seen: ({ spec }) => spec?.['maxReplicas'] }),
  Secret: ({ data = {} }) => {
    const key = Object.keys(data)[0] ?? ''
    return { patch: { data: { [key]: ONE } }, seen: (now) => now.data?.[key] }
  },
}

export const drift: Run = async ({ images }, log) => {
  const objects: Owned[] = []
  for (const namespace of [SYSTEM, SHOP])
    objects.push(
      ...(
        await get<{ items: Owned[] }>(KINDS, '-n', namespace, '-l', 'app.kubernetes.io/managed-by=postrider-operator')
      ).items,
    )
  const slowest = { edited: 0, deleted: 0 }
  for (const object of objects) {
    const { namespace, name } = object.metadata
    const what = `${object.kind} ${namespace}/${name}`
    const at = [object.kind.toLowerCase(), name, '-n', namespace] as const
    const edit = edits[object.kind]?.(object)
    assert.ok(edit !== undefined, `no edit of a ${object.kind} is known here`)
    const before = edit.seen(object)
    const since = Date.now() - 1000
    await kubectl('patch', ...at, '--type=merge', '-p', JSON.stringify(edit.patch))
    const edited = await timed(() =>
      eventually(async () => {
        const now = await get<Owned>(...at)
        assert.deepEqual(edit.seen(now), before, `${what} was edited and is not back`)
      }, 30_000),
    )
    await told(`${what}: `, since)
    await kubectl('delete', ...at, '--wait=false')
    const deleted = await timed(() =>
      eventually(async () => {
        const now = await get<Owned>(...at)
        assert.notEqual(now.metadata.uid, object.metadata.uid, `${what} was deleted and is not back`)
        assert.deepEqual(edit.seen(now), before)
      }, 30_000),
    )
    await told(`${what} was deleted`, since)
    slowest.edited = Math.max(slowest.edited, edited)
    slowest.deleted = Math.max(slowest.deleted, deleted)
    assert.ok(edited < BACK_S && deleted < BACK_S, `${what}: back after ${edited} s and ${deleted} s`)
  }
  const kinds = new Set(objects.map(({ kind }) => kind))
  log(`${objects.length} objects of ${kinds.size} kinds (${[...kinds].join(', ')}): each back, with an Event`)
  log(`the slowest after ${slowest.edited.toFixed(1)} s when edited, ${slowest.deleted.toFixed(1)} s when deleted`)
  // The kubelet is slow to bring a Secret that was gone meanwhile into a pod that runs.
  await startClient(images, ['app-smtp'])
  await eventually(async () => {
    const sent = await send({ secret: 'app-smtp', mail: mailTo('someone@take.test', 'as before') })
    assert.equal(sent.ok, true, sent.error)
  }, 60_000)
  assert.ok(objects.length >= 12, 'some objects lack the label')
}

interface Event {
  note?: string
  reason?: string
  eventTime?: string
  series?: { lastObservedTime?: string }
}

/** There is an Event whose note begins so. */
async function told(begin: string, since: number): Promise<void> {
  await eventually(async () => {
    const { items } = await get<{ items: Event[] }>('events.events.k8s.io', '-A')
    const found = items.some(
      ({ note, reason, eventTime, series }) =>
        reason === 'DriftCorrected' &&
        note?.startsWith(begin) === true &&
        Date.parse(series?.lastObservedTime ?? eventTime ?? '') >= since,
    )
    assert.ok(found, `no Event says "${begin}..."`)
  }, 10_000)
}
