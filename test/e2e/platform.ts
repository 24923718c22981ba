import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { apply, ask, get, helm, kubectl, ROOT } from './kube.ts'
import { nodeProgram, programs } from './pod-shapes.ts'
import { DOMAINS } from './remote.ts'
import type { TxtRecord } from './remote.ts'
import { manifest } from '../support/manifest.ts'

/** The platform as a user installs it, and what the test asks of it. */
export const SYSTEM = 'postrider-system'
export const SHOP = 'shop'
export const RELEASE = 'postrider'
export const PLATFORM = 'mail'

export interface Images {
  repository: string
  tag: string
  brokerRepository: string
  brokerTag: string
}

/** Values of the chart for these images. */
export const valuesFor = ({ repository, tag, brokerRepository, brokerTag }: Images): string[] =>
  [
    `image.repository=${repository}`,
    `image.tag=${tag}`,
    `broker.image.repository=${brokerRepository}`,
    `broker.image.tag=${brokerTag}`,
    'broker.storage.size=10Gi',
  ].flatMap((value) => ['--set', value])

export async function install(images: Images): Promise<void> {
  await apply([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: SYSTEM, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
  ])
  await installChart(join(ROOT, 'charts', 'postrider'), images, ['--set', 'broker.tls.enabled=true'])
}

export async function installChart(chart: string, images: Images, values: string[] = []): Promise<void> {
  await helm('install', RELEASE, chart, '-n', SYSTEM, ...valuesFor(images), ...values, '--wait', '--timeout', '3m')
}

/** The manifests of examples/kubernetes as they are; then what is of the test alone: its DNS server, quicker retries, and a policy
 * that names its mail server, since an address inside the cluster may not stand behind an MX record. */
export async function applyQuickstart(resolver: string): Promise<void> {
  const folder = join(ROOT, 'examples', 'kubernetes')
  await apply(
    readFileSync(join(folder, 'platform.yaml'), 'utf8').replace(/^( {2}name: mail)$/m, `$1\n  namespace: ${SYSTEM}`),
  )
  await apply(readFileSync(join(folder, 'tenant.yaml'), 'utf8'))
  await apply([
    manifest(
      'DestinationPolicy',
      'remote',
      { match: { domains: DOMAINS }, route: { host: 'mx.take.test', port: 25 } },
      SYSTEM,
    ),
  ])
  await patchPlatform({
    dns: { resolvers: [resolver] },
    retry: { firstDelay: '5s', maxDelay: '10s' },
    verification: { recheck: '10s' },
  })
}

export const patchPlatform = (spec: object): Promise<string> =>
  kubectl('patch', 'mailplatform', PLATFORM, '-n', SYSTEM, '--type=merge', '-p', JSON.stringify({ spec }))

export interface Condition {
  type: string
  status: string
  reason: string
  message: string
}

export const conditionOf = ({ status }: Resource, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

export interface Resource {
  metadata: { generation: number }
  status?: {
    observedGeneration?: number
    conditions?: Condition[]
    dnsRecords?: (TxtRecord & { purpose: string; state: string })[]
  }
}

export const wantedRecords = (namespace: string, domain: string): Promise<TxtRecord[]> =>
  eventually(async () => {
    const { status } = await get<Resource>('domain', domain, '-n', namespace)
    const records = status?.dnsRecords ?? []
    if (!records.some(({ purpose }) => purpose === 'DKIM'))
      throw new Error(`Domain ${domain} wants no DKIM record yet: ${JSON.stringify(status)}`)
    return records
  }, 60_000)

export async function waitFor(
  kind: string,
  name: string,
  namespace: string,
  condition = 'Ready',
  seconds = 120,
): Promise<void> {
  await kubectl(
    'wait',
    `--for=condition=${condition}`,
    `${kind}/${name}`,
    '-n',
    namespace,
    `--timeout=${seconds}s`,
  ).catch(async (error: unknown) => {
    const { status } = await get<Resource>(kind, name, '-n', namespace)
    throw new Error(`${kind} ${name} is not ${condition}: ${JSON.stringify(status?.conditions, null, 1)}`, {
      cause: error,
    })
  })
}

export const mailTo = (to: string, subject: string): object => ({
  from: 'app@example.org',
  to,
  subject,
  text: 'A few words.\n',
})

/** The pod that sends, in the tenant's namespace, with the Secrets of these credentials. */
export async function startClient(images: Images, secrets: string[]): Promise<void> {
  await kubectl('label', 'namespace', SHOP, 'pod-security.kubernetes.io/enforce=restricted', '--overwrite')
  const mounts = secrets.map((secretName) => ({
    name: secretName,
    mountPath: `/etc/smtp/${secretName}`,
    volume: { secret: { secretName } },
  }))
  const image = `${images.repository}:${images.tag}`
  await apply([programs(SHOP), ...nodeProgram('client', SHOP, image, [], mounts)])
  // A pod that runs sees a recreated Secret only after minutes.
  await kubectl('rollout', 'restart', 'deployment/client', '-n', SHOP)
  await kubectl('rollout', 'status', 'deployment/client', '-n', SHOP, '--timeout=120s')
  await eventually(async () => {
    const { items } = await get<{ items: unknown[] }>('pods', '-n', SHOP, '-l', 'app=client')
    if (items.length > 1) throw new Error('the client of before is still there')
  }, 60_000)
}

export interface Sent {
  ok: boolean
  response?: string
  messageId?: string
  error?: string
  responseCode?: number
}

export const client = <T>(method: string, path: string, body?: object): Promise<T> =>
  ask<T>(SHOP, 'client', method, path, body)

export const send = (ask: { secret: string; port?: 465 | 587; host?: string; mail: object }): Promise<Sent> =>
  client<Sent>('POST', '/send', ask)
