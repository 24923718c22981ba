import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ApiException, CoreV1Api, KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'

const skip = apiServerMissing({ controllerManager: true })
let server: ApiServer

before(async () => {
  if (skip === false) server = await startApiServer({ controllerManager: true })
})
after(async () => {
  if (skip === false) await server.stop()
})

function configOf(file: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(file)
  return config
}

test('an administrator sees the namespaces', { skip }, async () => {
  const { items } = await configOf(server.kubeconfig).makeApiClient(CoreV1Api).listNamespace()
  assert.ok(items.some(({ metadata }) => metadata?.name === 'kube-system'))
})

test('a tenant may do what a role grants, and nothing before', { skip }, async () => {
  const admin = configOf(server.kubeconfig)
  const core = admin.makeApiClient(CoreV1Api)
  const tenant = configOf(await server.userKubeconfig('kim', ['team-a'])).makeApiClient(CoreV1Api)
  await core.createNamespace({ body: { metadata: { name: 'team-a' } } })
  const forbidden = (error: unknown): boolean => error instanceof ApiException && error.code === 403
  await assert.rejects(tenant.listNamespacedSecret({ namespace: 'team-a' }), forbidden)

  await admin.makeApiClient(RbacAuthorizationV1Api).createNamespacedRoleBinding({
    namespace: 'team-a',
    body: {
      metadata: { name: 'team-a' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'team-a' }],
    },
  })
  // The server learns of a binding through a watch of its own.
  await eventually(() => tenant.listNamespacedSecret({ namespace: 'team-a' }))
  await assert.rejects(tenant.listNamespacedSecret({ namespace: 'kube-system' }), forbidden)
})

test('objects survive a crash of the API server, and the controllers go on', { skip }, async () => {
  const core = configOf(server.kubeconfig).makeApiClient(CoreV1Api)
  await core.createNamespace({ body: { metadata: { name: 'short-lived' } } })
  await server.restart()
  await core.deleteNamespace({ name: 'short-lived' })
  await eventually(async () => {
    const { items } = await core.listNamespace()
    assert.ok(!items.some(({ metadata }) => metadata?.name === 'short-lived'))
  }, 60_000)
})
