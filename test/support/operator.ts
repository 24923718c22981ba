import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { V1Secret } from '@kubernetes/client-node'
import { openCluster } from '@postrider/kubernetes/transport/client'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { findConnection } from '@postrider/kubernetes/transport/connection'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject, Wire } from '@postrider/kubernetes/object/object'
import { secretText } from '@postrider/operator/shapes/secret'
import { startApiServer } from './api-server.ts'
import type { ApiServer, ApiServerOptions } from './api-server.ts'
import { startBroker } from './broker.ts'
import type { TestBroker } from './broker.ts'
import { eventually } from './eventually.ts'
import { applyStrictly, renderChart } from './helm.ts'
import { API_VERSION } from '@postrider/resources/kinds'
import type { Kind } from '@postrider/resources/kinds'
import { freePort } from './ports.ts'
import { manifest } from './manifest.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const SYSTEM = 'postrider-system'
const RELEASE = 'postrider'
/** Who the operator is to the API server. */
export const OPERATOR_USER = `system:serviceaccount:${SYSTEM}:${RELEASE}-operator`
const BROKER_SECRET = 'postrider-broker-accounts'

export interface OperatorProcess {
  pid: number
  telemetry: string
  output(): string
  /** SIGTERM, or as said, and its end. */
  end(signal?: NodeJS.Signals): Promise<void>
}

export interface OperatorWorld {
  server: ApiServer
  cluster: Cluster
  /** There once the operator has made its accounts: see `startOperator`. */
  broker: TestBroker
  startOperator(name: string): Promise<OperatorProcess>
  /** A resource of ours, as it is; undefined when it is not there. */
  get(kind: keyof typeof KINDS, namespace: string, name: string): Promise<Resource | undefined>
  put(kind: Kind, namespace: string, name: string, spec: unknown): Promise<void>
  remove(kind: keyof typeof KINDS, namespace: string, name: string): Promise<void>
  namespace(name: string, labels?: Record<string, string>): Promise<void>
  secret(namespace: string, name: string): Promise<Record<string, string> | undefined>
  stop(): Promise<void>
}

export interface Resource extends KubeObject {
  spec?: Record<string, unknown>
  status?: Record<string, unknown> & {
    conditions?: { type: string; status: string; reason: string; message: string }[]
  }
}

/** `True Ready` of a condition; '' while it is not there. */
export function conditionOf(resource: Resource | undefined, type: string): string {
  const found = resource?.status?.conditions?.find((condition) => condition.type === type)
  return found === undefined ? '' : `${found.status} ${found.reason}`
}

export interface OperatorWorldOptions extends ApiServerOptions {
  /** Of the operator's command line. */
  nodeFlags?: string[]
}

/** A real API server with our CRDs, a real broker with the accounts that the operator made, and a first operator that leads. */
export async function startOperatorWorld({ nodeFlags = [], ...options }: OperatorWorldOptions = {}): Promise<
  OperatorWorld & { operator: OperatorProcess }
> {
  const server = await startApiServer({ controllerManager: true, ...options })
  const cluster = openCluster({ kubeconfig: server.kubeconfig })
  const brokerPort = await freePort()
  const running = new Set<OperatorProcess>()
  let broker: TestBroker | undefined
  let tokenFolder = ''

  async function startOperator(name: string): Promise<OperatorProcess> {
    const telemetryPort = await freePort()
    const env = {
      // With the rights that the chart gives it, and no more.
      // As in a pod: the client library, which only a kubeconfig needs, costs memory.
      KUBECONFIG: '',
      KUBERNETES_SERVICE_HOST: new URL(server.url).hostname,
      KUBERNETES_SERVICE_PORT: new URL(server.url).port,
      POSTRIDER_TOKEN_FOLDER: tokenFolder,
      POD_NAME: name,
      POSTRIDER_NAMESPACE: SYSTEM,
      POSTRIDER_IMAGE: 'localhost/postrider:test',
      POSTRIDER_BROKER_URL: `nats://127.0.0.1:${brokerPort}`,
      POSTRIDER_BROKER_SECRET: BROKER_SECRET,
      POSTRIDER_TELEMETRY_PORT: String(telemetryPort),
    }
    const child = spawn(process.execPath, [...nodeFlags, join(ROOT, 'operator', 'main.ts')], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const operator: OperatorProcess = {
      pid: child.pid ?? 0,
      telemetry: `http://127.0.0.1:${telemetryPort}`,
      output: () => output,
      async end(signal = 'SIGTERM') {
        running.delete(operator)
        child.kill(signal)
        await ended
      },
    }
    running.add(operator)
    return operator
  }

  const world: OperatorWorld = {
    server,
    cluster,
    get broker() {
      if (broker === undefined) throw new Error('the broker starts after the first operator')
      return broker
    },
    startOperator,
    get: (kind, namespace, name) => cluster.get<Resource>(refTo(KINDS[kind], namespace, name)),
    async put(kind, namespace, name, spec) {
      await cluster.apply(manifest(kind, name, spec, namespace), { fieldManager: 'test' })
    },
    async remove(kind, namespace, name) {
      await cluster.remove(refTo(KINDS[kind], namespace, name))
    },
    async namespace(name, labels = {}) {
      await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, { fieldManager: 'test' })
    },
    async secret(namespace, name) {
      const found = await cluster.get<Wire<V1Secret>>(refTo(KINDS.Secret, namespace, name))
      if (found === undefined) return undefined
      return Object.fromEntries(Object.keys(found.data ?? {}).map((key) => [key, secretText(found, key) ?? '']))
    },
    async stop() {
      for (const operator of running) await operator.end()
      cluster.close()
      await broker?.stop()
      await server.stop()
    },
  }
  try {
    await world.namespace(SYSTEM)
    await installChart(cluster)
    tokenFolder = await podToken(server, cluster)
    const operator = await startOperator('operator-0')
    const accounts = await eventually(async () => {
      const found = await world.secret(SYSTEM, BROKER_SECRET)
      if (found === undefined) throw new Error(`no accounts yet:\n${operator.output()}`)
      return found
    }, 60_000)
    broker = await startBroker({ port: brokerPort, auth: accounts['nats.conf.auth'] ?? '' })
    return Object.assign(world, { operator })
  } catch (error) {
    await world.stop()
    throw error
  }
}

/** What the kubelet would mount for the operator's service account, folder. */
async function podToken({ folder, kubeconfig }: ApiServer, cluster: Cluster): Promise<string> {
  const path = `/api/v1/namespaces/${SYSTEM}/serviceaccounts/${RELEASE}-operator/token`
  const { status } = await cluster.request<{ status: { token: string } }>('POST', path, {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 86_400 } },
  })
  const mounted = join(folder, 'operator-token')
  mkdirSync(mounted)
  writeFileSync(join(mounted, 'token'), status.token)
  const { access } = await findConnection({ kubeconfig })
  writeFileSync(join(mounted, 'ca.crt'), (await access()).tls.ca ?? '')
  return mounted
}

/** Installs the chart's CRDs and rights, and waits until the server knows the kinds. What would run is left out: there are no nodes. */
async function installChart(cluster: Cluster): Promise<void> {
  const running = new Set(['Deployment', 'StatefulSet'])
  for (const object of await renderChart(RELEASE, SYSTEM))
    if (!running.has(object.kind ?? '')) await applyStrictly(cluster, object)
  for (const kind of Object.values(KINDS).filter(({ apiVersion }) => apiVersion === API_VERSION))
    await eventually(() => cluster.list(kind), 30_000)
}
