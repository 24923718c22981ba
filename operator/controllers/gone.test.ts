import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ensure, rememberedIn } from '@postrider/kubernetes/apply/owned'
import type { Store } from '@postrider/kubernetes/cache/watch'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import type { Kind } from '@postrider/resources/kinds'
import { storedAs } from '../stored-resource.ts'
import type { StoredResource } from '../stored-resource.ts'
import type { Context } from './context.ts'
import { credentialController } from './credential/credential.ts'
import { domainController } from './domain/domain.ts'
import { platformController } from './platform/platform.ts'

/** A store with the given objects. */
function storeOf<T>(objects: T[] = []): Store<T> {
  const get = () => objects[0]
  return { get, list: () => objects, synced: Promise.resolve(), problem: undefined, stop: () => undefined }
}
const recorder = { record: () => undefined, flush: () => Promise.resolve() }
const resource = (kind: Kind): StoredResource =>
  storedAs(kind)({ metadata: { namespace: 'shop', name: 'one', uid: kind } })

/** A world without resources, after `ensure` kept a Secret for the owner. */
async function worldAfter(owner: KubeObject, platforms: StoredResource[] = []) {
  const secrets = storeOf<KubeObject>()
  const cluster = {
    get: () => Promise.resolve(undefined),
    apply: <T>(object: T) => Promise.resolve(object),
  } as unknown as Cluster
  const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'shop', name: 'kept' } }
  await ensure(cluster, secret, secrets, recorder, owner)
  assert.equal(rememberedIn(secrets), 1)
  const empty = storeOf()
  const world = {
    secrets,
    platforms: storeOf(platforms),
    domains: empty,
    credentials: empty,
    deployments: empty,
    services: empty,
    budgets: empty,
    autoscalers: empty,
  }
  const context = {
    cluster,
    recorder,
    world,
    status: { report: () => Promise.resolve(false) },
    keeper: { keepAccounts: () => Promise.resolve(undefined) },
    findings: () => undefined,
  } as unknown as Context
  return { secrets, context }
}

test('what was kept for a credential leaves memory with it', async () => {
  const { secrets, context } = await worldAfter(resource('SMTPCredential'))
  await credentialController(context)('shop/one')
  assert.equal(rememberedIn(secrets), 0)
})

test('what was kept for a Domain leaves memory with it', async () => {
  const { secrets, context } = await worldAfter(resource('Domain'))
  await domainController(context, () => () => Promise.resolve([]))('shop/one')
  assert.equal(rememberedIn(secrets), 0)
})

test('what was kept for a MailPlatform leaves memory when there is none any more', async () => {
  const platforms = [resource('MailPlatform')]
  const { secrets, context } = await worldAfter(resource('MailPlatform'), platforms)
  const { run } = platformController(
    context,
    () => undefined,
    () => undefined,
  )
  await run()
  assert.equal(rememberedIn(secrets), 1)
  platforms.pop()
  await run()
  assert.equal(rememberedIn(secrets), 0)
})
