import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { MANAGER } from '@postrider/operator/shapes/names'
import type { Wire } from '@postrider/kubernetes/object/object'
import { apiServerMissing, startApiServer } from '../support/api-server.ts'
import type { ApiServer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { CHART, helm, helmMissing } from '../support/helm.ts'
import { BUILT_PROGRAMS } from '../support/needs.ts'
import { kubectlMissing } from '../kubernetes/kubectl-plugin-person.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const skip = apiServerMissing({ controllerManager: true }) || helmMissing() || kubectlMissing()
const NAMESPACE = 'mail'
const OPERATOR = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/rel-operator`
const STATEFUL_SET = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/rel-nats`

describe('a release on a real API server', { skip }, () => {
  let server: ApiServer
  let cluster: Cluster

  before(async () => {
    server = await startApiServer({ controllerManager: true })
    cluster = openCluster({ kubeconfig: server.kubeconfig })
    await helm('install', 'rel', CHART, ...where(), '--create-namespace', '--set', 'broker.storage.size=1Gi')
    await shell('kubectl wait --for=condition=Established crd --all --timeout=60s')
  })
  after(async () => {
    cluster.close()
    await server.stop()
  })

  /** What a person types, with kubectl in PATH. */
  async function shell(command: string): Promise<string> {
    const env = { KUBECONFIG: server.kubeconfig, PATH: [BUILT_PROGRAMS, process.env['PATH']].join(delimiter) }
    const { stdout } = await promisify(execFile)('bash', ['-e', '-c', command], { env: { ...process.env, ...env } })
    return stdout
  }
  const labelIn = async (page: string): Promise<string> =>
    / -l (\S+)/.exec(await readFile(join(ROOT, 'docs', 'kubernetes', page), 'utf8'))?.[1] ?? ''
  const where = () => ['-n', NAMESPACE, '--kubeconfig', server.kubeconfig]
  const upgrade = (...args: string[]) => helm('upgrade', 'rel', CHART, ...where(), '--reset-then-reuse-values', ...args)
  const refused = (says: RegExp, ...args: string[]) =>
    assert.rejects(upgrade(...args), (error: { stderr?: string }) => says.test(error.stderr ?? ''), args.join(' '))
  const broker = () => cluster.request<Wire<V1StatefulSet>>('GET', STATEFUL_SET)

  test('the commands of NOTES.txt can be pasted', async () => {
    const notes = await helm('get', 'notes', 'rel', ...where())
    const commands = notes.match(/^kubectl apply[^]*?^END$/gm) ?? []
    assert.equal(commands.length, 2)
    const done = await Promise.all(commands.map(shell))
    assert.match(done.join(''), /mailplatform\S+ created.*domain\S+ created.*smtpcredential\S+ created/s)
  })

  test('the labels of docs/kubernetes/uninstall.md and backup.md find what they are to find', async () => {
    // Its controller makes the claim with the labels of the selector.
    await eventually(async () => {
      const claims = await shell(`kubectl get pvc -n ${NAMESPACE} -l ${await labelIn('uninstall.md')} -o name`)
      assert.equal(claims, 'persistentvolumeclaim/data-rel-nats-0\n')
    }, 60_000)
    assert.equal(await labelIn('backup.md'), `app.kubernetes.io/managed-by=${MANAGER}`)
  })

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

  test('a number of servers that would start with an empty queue is refused, until the StatefulSet is gone', async () => {
    await refused(/broker\.replicas cannot be changed from 1 to 3.*install\.md/, '--set', 'broker.replicas=3')
    assert.equal((await broker()).spec?.replicas, 1)
    await cluster.request('DELETE', STATEFUL_SET, { body: { propagationPolicy: 'Background' } })
    await upgrade('--set', 'broker.replicas=3')
    assert.equal((await broker()).spec?.replicas, 3)
    await refused(/broker\.replicas cannot be changed from 3 to 1/, '--set', 'broker.replicas=1')
  })
})
