import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { EventsV1Event, V1ConfigMap, V1Deployment } from '@kubernetes/client-node'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { createRecorder } from '@postrider/kubernetes/status/events'
import type { Recorder } from '@postrider/kubernetes/status/events'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { manualClock } from '../support/manual-clock.ts'
import { refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject, Wire } from '@postrider/kubernetes/object/object'
import { ensure, NotOwnedError, removeOwned } from '@postrider/kubernetes/apply/owned'
import { createQueue } from '@postrider/kubernetes/reconcile/queue'
import { createStatusWriter } from '@postrider/kubernetes/status/status'
import type { WithStatus } from '@postrider/kubernetes/status/status'
import { watchKind } from '@postrider/kubernetes/cache/watch'
import type { Store } from '@postrider/kubernetes/cache/watch'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'

type ConfigMap = Wire<V1ConfigMap>
type Deployment = Wire<V1Deployment>

const labels = { 'app.kubernetes.io/managed-by': 'postrider-operator' }

const configMap = (name: string, data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
  data,
})

const deployment = (name: string, image: string): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'default', labels },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: 'main',
            image,
            env: [{ name: 'EMPTY', value: '' }],
            // The server writes these as 1 and 1Gi.
            resources: { requests: { cpu: '1000m', memory: '1024Mi' } },
          },
        ],
      },
    },
  },
})

/** A Deployment's conditions are more than the writer of statuses knows. */
const asWritten = (object: Deployment): WithStatus => object as WithStatus

describe('what the operator owns', { skip: apiServerMissing() }, () => {
  let server: ApiServer
  let cluster: Cluster
  let writes: string[]
  let recorder: Recorder
  let owner: KubeObject
  let configMaps: Store<ConfigMap>
  let deployments: Store<Deployment>

  before(async () => {
    server = await startApiServer()
    const plain = openCluster({ kubeconfig: server.kubeconfig })
    writes = []
    cluster = {
      ...plain,
      apply: (object, options) => {
        writes.push(object.metadata?.name ?? '')
        return plain.apply(object, options)
      },
    }
    recorder = createRecorder(cluster)
    owner = await cluster.create(configMap('owner', {}))
    configMaps = watchKind<ConfigMap>(cluster, KINDS.ConfigMap, { namespace: 'default', onChange: () => undefined })
    deployments = watchKind<Deployment>(cluster, KINDS.Deployment, { onChange: () => undefined })
    await Promise.all([configMaps.synced, deployments.synced])
  })
  after(async () => {
    configMaps.stop()
    deployments.stop()
    cluster.close()
    await server.stop()
  })

  const keepMap = (wanted: ConfigMap, clock = manualClock()) =>
    ensure(cluster, wanted, configMaps, recorder, owner, { clock })
  const keepDeployment = (wanted: Deployment) => ensure(cluster, wanted, deployments, recorder, owner)
  const inStore = (name: string, value: string | undefined): Promise<void> =>
    eventually(() => assert.equal(configMaps.get(`default/${name}`)?.data?.['a'], value))
  const eventsOf = async (reason: string): Promise<EventsV1Event[]> =>
    (await cluster.list<Wire<EventsV1Event>>(KINDS.Event, { namespace: 'default' })).filter(
      (event) => event.reason === reason,
    ) as unknown as EventsV1Event[]

  test('it is made with its owner, changed when something else is wanted, and else costs no write', async () => {
    const first = await keepMap(configMap('quiet', { a: '1', b: '2' }))
    assert.equal(first.outcome, 'created')
    assert.equal(first.object.metadata?.ownerReferences?.[0]?.uid, owner.metadata?.uid)
    const before = writes.length
    for (let i = 0; i < 10; i++) {
      assert.equal((await keepMap(configMap('quiet', { a: '1', b: '2' }))).outcome, 'unchanged')
      await pause(20)
    }
    assert.equal(writes.length, before)
    const updated = await keepMap(configMap('quiet', { a: '1' }))
    assert.equal(updated.outcome, 'updated')
    assert.deepEqual(updated.object.data, { a: '1' }, 'what is no longer wanted goes')
  })

  test('what the server normalises is not drift, before a restart and after', async () => {
    assert.equal((await keepDeployment(deployment('own-way', 'one'))).outcome, 'created')
    const before = writes.length
    for (let i = 0; i < 3; i++) assert.equal((await keepDeployment(deployment('own-way', 'one'))).outcome, 'unchanged')
    assert.equal(writes.length, before)

    const fresh = watchKind<Deployment>(cluster, KINDS.Deployment, { onChange: () => undefined })
    await fresh.synced
    for (let i = 0; i < 3; i++) {
      const { outcome } = await ensure(cluster, deployment('own-way', 'one'), fresh, recorder, owner)
      assert.equal(outcome, 'unchanged')
    }
    assert.ok(writes.length <= before + 1, 'a new process asks once')
    assert.equal((await ensure(cluster, deployment('own-way', 'two'), fresh, recorder, owner)).outcome, 'updated')
    fresh.stop()
    assert.deepEqual(await eventsOf('DriftCorrected'), [])
  })

  test('what a new process no longer wants goes, and what was there before it is not drift', async () => {
    await keepMap(configMap('upgrade', { a: '1', old: 'x' }))
    const fresh = watchKind<ConfigMap>(cluster, KINDS.ConfigMap, { namespace: 'default', onChange: () => undefined })
    await fresh.synced
    const { outcome, object } = await ensure(cluster, configMap('upgrade', { a: '1' }), fresh, recorder, owner)
    fresh.stop()
    assert.equal(outcome, 'updated')
    assert.deepEqual(object.data, { a: '1' })
  })

  test('an edit is put back, and an Event names the fields and who it was; additions of others stay', async () => {
    await keepMap(configMap('edited', { a: '1' }))
    await cluster.apply(configMap('edited', { a: '2', theirs: 'x' }), { fieldManager: 'kubectl-edit' })
    await inStore('edited', '2')
    const result = await keepMap(configMap('edited', { a: '1' }))
    assert.equal(result.outcome, 'corrected')
    assert.deepEqual(result.fields, ['data.a'])
    assert.equal(result.by, 'kubectl-edit')
    assert.deepEqual(result.object.data, { a: '1', theirs: 'x' })
    await recorder.flush()
    const [event] = await eventsOf('DriftCorrected')
    assert.ok(event)
    assert.equal(event.regarding?.name, 'owner')
    assert.match(event.note ?? '', /ConfigMap default\/edited: kubectl-edit .*data\.a/)
  })

  test('what was deleted is recreated', async () => {
    await keepMap(configMap('deleted', { a: '1' }))
    await inStore('deleted', '1')
    await cluster.remove(refTo(KINDS.ConfigMap, 'default', 'deleted'))
    await inStore('deleted', undefined)
    assert.equal((await keepMap(configMap('deleted', { a: '1' }))).outcome, 'corrected')
    assert.equal((await keepMap(configMap('deleted', { a: '1' }))).outcome, 'unchanged')
  })

  test("another's object of that name is neither taken nor deleted", async () => {
    const theirs = { ...configMap('theirs', { a: 'x' }), metadata: { name: 'theirs', namespace: 'default' } }
    await cluster.create(theirs)
    await assert.rejects(keepMap(configMap('theirs', { a: '1' })), NotOwnedError)
    await inStore('theirs', 'x')
    await assert.rejects(keepMap(configMap('theirs', { a: '1' })), NotOwnedError)
    const ref = refTo(KINDS.ConfigMap, 'default', 'theirs')
    assert.equal(await removeOwned(cluster, ref, configMaps), false)
    assert.equal((await cluster.get<ConfigMap>(ref))?.data?.['a'], 'x')

    await keepMap(configMap('ours', { a: '1' }))
    await inStore('ours', '1')
    assert.equal(await removeOwned(cluster, refTo(KINDS.ConfigMap, 'default', 'ours'), configMaps), true)
  })

  test('two who fight for a field make no hot loop: few writes, and an Event that names the other', async () => {
    const wanted = configMap('fought', { a: 'ours' })
    const outcomes: string[] = []
    const queue = createQueue({
      run: async () => {
        const { outcome, againMs } = await ensure(cluster, wanted, fight, recorder, owner)
        outcomes.push(outcome)
        return { againMs }
      },
      onError: (_key, error) => outcomes.push(String(error)),
    })
    const fight: Store<ConfigMap> = watchKind<ConfigMap>(cluster, KINDS.ConfigMap, {
      namespace: 'default',
      onChange(key, object) {
        if (key !== 'default/fought' || object === undefined) return
        queue.add(key)
        // The other is as eager as can be.
        if (object.data?.['a'] === 'ours')
          void cluster.apply(configMap('fought', { a: 'theirs' }), { fieldManager: 'other-operator' })
      },
    })
    await fight.synced
    queue.add('default/fought')
    await eventually(() => assert.ok(outcomes.includes('contested')))
    await pause(5000)
    fight.stop()
    await queue.stop()
    assert.equal(outcomes.filter((outcome) => outcome === 'corrected').length, 5)
    assert.ok(outcomes.length < 30, outcomes.join(' '))
    await recorder.flush()
    const [event] = await eventsOf('DriftConflict')
    assert.match(event?.note ?? '', /other-operator keeps changing data\.a of ConfigMap default\/fought/)
  })

  test('what is reported repeatedly is one Event with a count', async () => {
    const clock = manualClock()
    const teller = createRecorder(cluster, { clock, instance: 'pod-1', onError: (error) => assert.fail(String(error)) })
    for (let i = 0; i < 40; i++) teller.record(owner, 'Warning', 'Repeated', 'the same words')
    teller.record(owner, 'Normal', 'Repeated', `other words ${'\u00e9'.repeat(2000)}`)
    await teller.flush()
    const events = await eventsOf('Repeated')
    assert.deepEqual(events.map(({ series, type }) => [type, series?.count]).sort(), [
      ['Normal', undefined],
      ['Warning', 40],
    ])
    for (let i = 0; i < 1000; i++) teller.record(owner, 'Normal', 'Storm', `words ${i}`)
    await teller.flush()
    assert.equal((await eventsOf('Storm')).length, 48)
  })

  test('a status is written when it differs, and not when only its order does', async () => {
    const made = await cluster.apply(deployment('status', 'one'))
    const condition = (type: string) => ({
      type,
      status: 'True',
      reason: 'R',
      message: 'm',
      lastTransitionTime: '2026-11-23T12:00:00Z',
      lastUpdateTime: '2026-11-23T12:00:00Z',
    })
    const status = {
      observedGeneration: 1,
      replicas: 3,
      conditions: [condition('Available'), condition('Progressing')],
    }
    const { amend } = createStatusWriter(cluster, recorder)
    assert.equal(await amend(asWritten(made), status), true)
    const read = await cluster.get<Deployment>(refTo(KINDS.Deployment, 'default', 'status'))
    assert.ok(read)
    assert.equal(read.status?.replicas, 3)
    const turned = { ...status, conditions: status.conditions.toReversed() }
    assert.equal(await amend(asWritten(read), turned), false)
    assert.equal(await amend(asWritten(read), { ...status, replicas: 4 }), true)
    await cluster.remove(refTo(KINDS.Deployment, 'default', 'status'))
    await eventually(async () => {
      assert.equal(await cluster.get(refTo(KINDS.Deployment, 'default', 'status')), undefined)
    })
    assert.equal(await amend(asWritten(read), { ...status, replicas: 5 }), false, 'it is gone')
  })
})
