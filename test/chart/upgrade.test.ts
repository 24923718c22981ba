import assert from 'node:assert/strict'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node'
import { openCluster } from '@postrider/operator/kubernetes/client'
import type { Cluster } from '@postrider/operator/kubernetes/client'
import type { Wire } from '@postrider/operator/kubernetes/object'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { CHART, helm, helmMissing } from '../support/helm.ts'

const skip = apiServerMissing() || helmMissing()
const NAMESPACE = 'mail'
const OPERATOR = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/rel-operator`
const STATEFUL_SET = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/rel-nats`

describe('helm upgrade on a real API server', { skip }, () => {
  let server: ApiServer
  let cluster: Cluster

  before(async () => {
    server = await startApiServer()
    cluster = openCluster({ kubeconfig: server.kubeconfig })
    await helm('install', 'rel', CHART, ...where(), '--create-namespace', '--set', 'broker.storage.size=1Gi')
  })
  after(async () => {
    cluster.close()
    await server.stop()
  })

  const where = () => ['-n', NAMESPACE, '--kubeconfig', server.kubeconfig]
  const upgrade = (...args: string[]) => helm('upgrade', 'rel', CHART, ...where(), '--reset-then-reuse-values', ...args)
  const refused = (says: RegExp, ...args: string[]) =>
    assert.rejects(upgrade(...args), (error: { stderr?: string }) => says.test(error.stderr ?? ''), args.join(' '))
  const broker = () => cluster.request<Wire<V1StatefulSet>>('GET', STATEFUL_SET)

  test('to the next release, with the values of before: the broker is not restarted', async () => {
    const was = await broker()
    const next = join(server.folder, 'next')
    await cp(CHART, next, { recursive: true })
    const about = await readFile(join(next, 'Chart.yaml'), 'utf8')
    await writeFile(join(next, 'Chart.yaml'), about.replaceAll(/^(version|appVersion): .*/gm, '$1: 99.0.0'))
    await helm('upgrade', 'rel', next, ...where(), '--reset-then-reuse-values')
    const operator = await cluster.request<Wire<V1Deployment>>('GET', OPERATOR)
    assert.match(operator.spec?.template.spec?.containers[0]?.image ?? '', /:99\.0\.0$/)
    const { metadata, spec } = await broker()
    assert.equal(metadata?.generation, was.metadata?.generation)
    assert.equal(spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.['storage'], '1Gi')
  })

  test('a number of servers that would begin with an empty queue is refused, until the StatefulSet is gone', async () => {
    await refused(/broker\.replicas: .* lies with 1, and 3 .*install\.md/, '--set', 'broker.replicas=3')
    assert.equal((await broker()).spec?.replicas, 1)
    await cluster.request('DELETE', STATEFUL_SET, { body: { propagationPolicy: 'Background' } })
    await upgrade('--set', 'broker.replicas=3')
    assert.equal((await broker()).spec?.replicas, 3)
    await refused(/broker\.replicas: .* lies with 3, and 1 /, '--set', 'broker.replicas=1')
  })
})
