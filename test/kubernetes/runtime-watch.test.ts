import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { V1ConfigMap } from '@kubernetes/client-node'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import {
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isUnanswered,
} from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { Wire } from '@postrider/kubernetes/object/object'
import { watchKind } from '@postrider/kubernetes/cache/watch'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'

type ConfigMap = Wire<V1ConfigMap>

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})
const ref = (name: string) => refTo(KINDS.ConfigMap, 'default', name)

describe('a cluster and what is watched of it', { skip: apiServerMissing() }, () => {
  let server: ApiServer
  let cluster: Cluster
  before(async () => {
    server = await startApiServer()
    cluster = openCluster({ kubeconfig: server.kubeconfig })
  })
  after(async () => {
    cluster.close()
    await server.stop()
  })

  test('what is applied can be read, and what is no longer applied goes; each refusal has its own name', async () => {
    assert.equal(await cluster.get(ref('one')), undefined)
    const made = await cluster.apply(configMap('one', { a: '1', b: '2' }))
    const again = await cluster.apply(configMap('one', { a: '1' }))
    assert.deepEqual(again.data, { a: '1' })
    assert.equal(again.metadata?.uid, made.metadata?.uid)

    await assert.rejects(cluster.create(configMap('one')), isAlreadyExists)
    await assert.rejects(cluster.replace({ ...again, metadata: made.metadata ?? {} }), isConflict)
    await cluster.apply(configMap('one', { a: 'theirs' }), { fieldManager: 'somebody' })
    await assert.rejects(cluster.apply(configMap('one', { a: 'ours' }), { force: false }), isConflict)
    await assert.rejects(cluster.apply(configMap('Not A Name')), isInvalid)
    await assert.rejects(cluster.remove(ref('one'), { uid: 'another' }), isConflict)
    assert.equal(await cluster.remove(ref('one')), true)
    assert.equal(await cluster.remove(ref('one')), false)
  })

  test('missing rights are reported', async () => {
    const stranger = openCluster({ kubeconfig: await server.userKubeconfig('stranger') })
    await assert.rejects(stranger.get(ref('one')), isForbidden)
    stranger.close()
  })

  test('a server that does not answer in time is an error with a cause', async () => {
    await assert.rejects(cluster.list(KINDS.ConfigMap, { timeoutMs: 0 }), isUnanswered)
  })

  test('the store holds a list of several pages and follows what changes, without managedFields', async () => {
    const names = Array.from({ length: 1203 }, (_, index) => `page-${index}`)
    for (let i = 0; i < names.length; i += 50) {
      await Promise.all(names.slice(i, i + 50).map((name) => cluster.create(configMap(name))))
    }
    const told: [string, string | undefined, string | undefined][] = []
    const store = watchKind<ConfigMap>(cluster, KINDS.ConfigMap, {
      namespace: 'default',
      onChange: (key, object, previous) => told.push([key, object?.data?.['a'], previous?.data?.['a']]),
    })
    await store.synced
    assert.equal(store.list('default').filter(({ metadata }) => metadata?.name?.startsWith('page-')).length, 1203)
    assert.equal(store.get('default/page-7')?.kind, 'ConfigMap')
    assert.equal(store.get('default/page-7')?.metadata?.managedFields, undefined)

    await cluster.apply(configMap('page-7', { a: 'x' }))
    await cluster.remove(ref('page-7'))
    await eventually(() =>
      assert.deepEqual(told.slice(-2), [
        ['default/page-7', 'x', undefined],
        ['default/page-7', undefined, 'x'],
      ]),
    )
    assert.equal(store.get('default/page-7'), undefined)
    store.stop()
    assert.equal(told.filter(([key]) => key === 'default/page-8').length, 1)
  })

  test('a watch that ends on time, relists or has a handler that throws goes on', async () => {
    const errors: unknown[] = []
    const store = watchKind<ConfigMap>(cluster, KINDS.ConfigMap, {
      namespace: 'default',
      onChange: (key) => {
        if (key === 'default/bad') throw new Error('of the handler')
      },
      onError: (error) => errors.push(error),
      timing: { watchMs: 300, relistMs: 500 },
    })
    await store.synced
    await cluster.apply(configMap('bad'))
    for (let i = 0; i < 4; i++) {
      await cluster.apply(configMap('after', { i: String(i) }))
      await eventually(() => assert.equal(store.get('default/after')?.data?.['i'], String(i)))
      await pause(500)
    }
    assert.deepEqual(
      errors.map((error) => (error as Error).message),
      ['of the handler'],
    )
    store.stop()
  })

  test('a server that was away is followed again within seconds, and what changed meanwhile is told', async () => {
    const told: (string | undefined)[] = []
    const store = watchKind<ConfigMap>(cluster, KINDS.ConfigMap, {
      namespace: 'default',
      onChange: (key, object) => {
        if (key === 'default/kept') told.push(object?.data?.['a'])
      },
    })
    await store.synced
    await cluster.apply(configMap('kept', { a: 'before' }))
    await eventually(() => assert.deepEqual(told, ['before']))
    const back = server.restart(6000)
    await eventually(() => assert.match(store.problem ?? '', /configmaps/))
    assert.equal(store.get('default/kept')?.data?.['a'], 'before', 'the store keeps what it had')
    await back
    const backAt = Date.now()
    await cluster.apply(configMap('kept', { a: 'after' }))
    await eventually(() => assert.deepEqual(told, ['before', 'after']), 10_000)
    await eventually(() => assert.equal(store.problem, undefined))
    console.log(`followed again ${Date.now() - backAt} ms after the API server was ready`)
    store.stop()
  })

  // After the restart above, a server that remembers nothing of the first versions.
  test('a watch from a version that is too old begins with a new list', async () => {
    let old = 2
    const forgetful: Cluster = {
      ...cluster,
      lines(path, options) {
        const query = old-- > 0 ? { ...options.query, resourceVersion: '1' } : options.query
        return cluster.lines(path, { ...options, query })
      },
    }
    const errors: unknown[] = []
    const store = watchKind<ConfigMap>(forgetful, KINDS.ConfigMap, {
      onChange: () => undefined,
      onError: (error) => errors.push(error),
    })
    await store.synced
    await eventually(() => assert.equal(errors.length, 2))
    assert.ok(errors.every(isExpired))
    await cluster.apply(configMap('fresh', { a: '1' }))
    await eventually(() => assert.ok(store.get('default/fresh')))
    store.stop()
  })
})
