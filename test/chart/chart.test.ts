import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { CHART, helm, helmMissing, renderChart } from '../support/helm.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const skip = helmMissing()

interface Rendered extends KubeObject {
  spec?: Record<string, unknown>
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[] }[]
  data?: Record<string, string>
}

const render = (...values: string[]): Promise<Rendered[]> => renderChart('rel', 'mail', values)

const named = (objects: Rendered[], kind: string, name: string): Rendered => {
  const found = objects.find((object) => object.kind === kind && object.metadata?.name === name)
  assert.ok(found !== undefined, `${kind} ${name} is not rendered`)
  return found
}

interface PodSpec {
  automountServiceAccountToken?: boolean
  securityContext?: { runAsNonRoot?: boolean; seccompProfile?: { type: string } }
  containers: {
    env?: { name: string; value?: string }[]
    securityContext?: {
      allowPrivilegeEscalation?: boolean
      readOnlyRootFilesystem?: boolean
      capabilities?: { drop: string[] }
    }
  }[]
}
const podOf = ({ spec }: Rendered): PodSpec => (spec?.['template'] as { spec: PodSpec }).spec
const environment = (pod: PodSpec): Record<string, string | undefined> =>
  Object.fromEntries((pod.containers[0]?.env ?? []).map(({ name, value }) => [name, value]))

test('the chart is well made', { skip }, async () => {
  assert.match(await helm('lint', CHART, '--strict', '--kube-version', '1.34.4'), /0 chart\(s\) failed/)
})

test('pods fit a namespace that enforces `restricted`, and only the operator has a token', { skip }, async () => {
  const objects = await render()
  for (const [kind, name, token] of [
    ['Deployment', 'rel-operator', true],
    ['StatefulSet', 'rel-nats', false],
  ] as const) {
    const pod = podOf(named(objects, kind, name))
    assert.equal(pod.automountServiceAccountToken, token, name)
    assert.equal(pod.securityContext?.runAsNonRoot, true)
    assert.equal(pod.securityContext.seccompProfile?.type, 'RuntimeDefault')
    for (const { securityContext } of pod.containers) {
      assert.equal(securityContext?.allowPrivilegeEscalation, false)
      assert.equal(securityContext.readOnlyRootFilesystem, true)
      assert.deepEqual(securityContext.capabilities?.drop, ['ALL'])
    }
  }
})

test('CRDs stay when the release goes', { skip }, async () => {
  const crds = (await render()).filter(({ kind }) => kind === 'CustomResourceDefinition')
  assert.equal(crds.length, 7)
  for (const { metadata } of crds) assert.equal(metadata?.annotations?.['helm.sh/resource-policy'], 'keep')
  assert.equal((await render('crds.enabled=false')).filter(({ kind }) => kind === 'CustomResourceDefinition').length, 0)
})

test('one broker, three brokers, and one of somebody else', { skip }, async () => {
  const urlOf = (objects: Rendered[]) =>
    environment(podOf(named(objects, 'Deployment', 'rel-operator')))['POSTRIDER_BROKER_URL']
  assert.equal(urlOf(await render()), 'nats://rel-nats-0.rel-nats-servers.mail.svc:4222')
  const three = await render('broker.replicas=3')
  assert.equal(urlOf(three)?.split(',').length, 3)
  const config = named(three, 'ConfigMap', 'rel-nats').data?.['nats.conf'] ?? ''
  assert.match(config, /sync_interval: always/)
  const routes = named(three, 'ConfigMap', 'rel-nats').data?.['routes.conf'] ?? ''
  assert.match(routes, /nats:\/\/rel-nats-2\.rel-nats-servers\.mail\.svc:6222/)
  // A server of a cluster deletes what it stored when it was alone.
  assert.match(config, /store_dir: "\/data\/cluster"/)
  const alone = named(await render(), 'ConfigMap', 'rel-nats').data?.['nats.conf'] ?? ''
  assert.doesNotMatch(alone, /cluster \{/)
  assert.match(alone, /store_dir: "\/data"/)
  const other = await render('broker.enabled=false', 'broker.external.url=tls://nats.example.org:4222')
  assert.equal(urlOf(other), 'tls://nats.example.org:4222')
  assert.equal(
    other.some(({ kind }) => kind === 'StatefulSet'),
    false,
  )
})

test('values that cannot work are refused, and the field is named', { skip }, async () => {
  const refused: [string[], RegExp][] = [
    [['broker.replicas=2'], /broker\/replicas.*1, 3/s],
    [['broker.enabled=false'], /broker\/external\/url/],
    [['operator.replicaz=1'], /replicaz/],
    [['broker.resources.limit.memory=1Gi'], /broker\/resources.*limit/s],
    [['certManager.issuerRef.nam=le'], /issuerRef.*nam/s],
    [['certManager.issuerRef.name=le'], /certManager\.dnsNames: name the hosts/],
  ]
  for (const [values, says] of refused)
    await assert.rejects(
      render(...values),
      (error: { stderr?: string }) => says.test(error.stderr ?? ''),
      values.join(),
    )
})

test('the operator may do what docs/kubernetes/permissions.md says, and nothing else', { skip }, async () => {
  const objects = await render()
  const rights = (kind: string, name: string): string[] =>
    (named(objects, kind, name).rules ?? [])
      .flatMap(({ apiGroups, resources, verbs }) =>
        resources.map(
          (resource) => `| \`${resource}\`${apiGroups[0] ? ` (${apiGroups[0]})` : ''} | ${verbs.join(', ')} |`,
        ),
      )
      .sort()
  const page = await readFile(join(ROOT, 'docs', 'kubernetes', 'permissions.md'), 'utf8')
  const table = (title: string): string[] =>
    (page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .sort()
  assert.deepEqual(rights('ClusterRole', 'mail-rel-operator'), table('In all namespaces'))
  assert.deepEqual(rights('Role', 'rel-operator'), table("In the platform's namespace"))
  assert.deepEqual(rights('ClusterRole', 'mail-rel-editor'), table('Editors of a namespace'))
  assert.deepEqual(rights('ClusterRole', 'mail-rel-viewer'), table('Viewers of a namespace'))
})

test('network policies: nothing but what is said, and the broker for our pods only', { skip }, async () => {
  const objects = await render()
  const deny = named(objects, 'NetworkPolicy', 'rel-default-deny').spec
  assert.deepEqual(deny?.['policyTypes'], ['Ingress', 'Egress'])
  assert.equal(deny['ingress'], undefined)
  const [clients] = named(objects, 'NetworkPolicy', 'rel-broker').spec?.['ingress'] as {
    from: unknown
    ports: { port: number }[]
  }[]
  assert.deepEqual(clients, {
    from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'postrider' } } }],
    ports: [{ port: 4222, protocol: 'TCP' }],
  })
})
