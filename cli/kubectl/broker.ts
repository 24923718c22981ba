import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { V1Deployment, V1Pod, V1Secret } from '@kubernetes/client-node'
import { BROKER_URL } from '@postrider/contract/broker'
import type { Environment } from '@postrider/contract/contract'
import { BROKER_SECRET, BROKER_TLS_SECRET } from '@postrider/contract/operator'
import { optional } from '@postrider/contract/variable'
import { isForbidden } from '@postrider/kubernetes/transport/errors'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { describeRef, keyFor, refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject, Wire } from '@postrider/kubernetes/object/object'
import { secretText } from '@postrider/operator/shapes/secret'
import { UsageError } from '@postrider/standalone/usage-error'
import type { Options } from './arguments.ts'
import type { Caller } from './cluster.ts'
import { nameOf, namespaceOf } from './objects.ts'
import { forwardPort } from './port-forward.ts'
import { ifAllowed } from './status.ts'

export interface BrokerPlace {
  /** `nats://user:password@host:port`, several separated by commas, for connectToPlatform. */
  url: string
  /** What went wrong with the connection, if known. */
  readonly trouble: string | undefined
  close(): void
}

const ACCOUNT = 'cli'
const DEFAULT_SECRET = 'postrider-broker-accounts'
const PORT = 4222
const POSTRIDER = 'app.kubernetes.io/name=postrider'

/** Finds the broker of the cluster, and the account for the queue commands. Throws a UsageError. */
export async function findBroker(caller: Caller, options: Options): Promise<BrokerPlace> {
  const namespace = options.namespace ?? (await platformNamespace(caller))
  const known = await operatorSettings(caller, namespace)
  const accounts = options.brokerSecret ?? optional(BROKER_SECRET).read(known) ?? DEFAULT_SECRET
  const password = await passwordIn(caller, namespace, accounts)
  const authority = await authorityIn(caller, namespace, BROKER_TLS_SECRET.read(known))
  const urlOf = (server: string): string => server.replace('//', `//${ACCOUNT}:${encodeURIComponent(password)}@`)
  if (options.broker !== undefined) {
    const servers = options.broker.split(',')
    if (!servers.every((server) => /^(nats|tls):\/\/[^@/]+$/.test(server)))
      throw new UsageError(
        `--broker ${options.broker}: must be nats://HOST:PORT or tls://HOST:PORT, without a password`,
      )
    const ca = authority === undefined ? '' : `?ca=${encodeURIComponent(authority.file)}`
    const url = servers.map((server) => `${urlOf(server)}${server.startsWith('tls:') ? ca : ''}`).join()
    return { url, trouble: undefined, close: () => authority?.remove() }
  }
  const pod = await brokerPod(caller, namespace)
  // The certificate has the pod's name in the cluster.
  const name = hostOfPod(optional(BROKER_URL).read(known) ?? [], pod)
  const question = authority === undefined ? '' : `?ca=${encodeURIComponent(authority.file)}&name=${name}`
  const forwarded = await forwardPort(caller.config, { namespace, pod, port: PORT })
  return {
    url: urlOf(`${authority === undefined ? 'nats' : 'tls'}://127.0.0.1:${forwarded.port}`) + question,
    get trouble() {
      return forwarded.trouble === undefined
        ? undefined
        : `port-forward to pod ${keyFor(namespace, pod)}: ${forwarded.trouble}\n  -> ${whatToDo(forwarded.trouble, namespace)}`
    },
    close: () => {
      forwarded.close()
      authority?.remove()
    },
  }
}

const hostOfPod = (urls: string[], pod: string): string =>
  urls
    .filter((url) => URL.canParse(url))
    .map((url) => new URL(url).hostname)
    .find((host) => host.startsWith(`${pod}.`)) ?? pod

/** The CA of the broker's certificate, as a file; undefined if the broker has no TLS. */
async function authorityIn(
  caller: Caller,
  namespace: string,
  name: string | undefined,
): Promise<{ file: string; remove: () => void } | undefined> {
  if (name === undefined) return undefined
  const text = secretText(await caller.get<Wire<V1Secret>>(refTo(KINDS.Secret, namespace, name)), 'ca.crt')
  if (text === undefined)
    throw new UsageError(`there is no ca.crt in ${describeRef(refTo(KINDS.Secret, namespace, name))}`)
  const folder = mkdtempSync(join(tmpdir(), 'postrider-broker-'))
  const file = join(folder, 'ca.crt')
  writeFileSync(file, text)
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The library reports only the HTTP status of a refused port-forward. */
function whatToDo(trouble: string, namespace: string): string {
  if (/\b40[13]$/.test(trouble))
    return `ask the cluster administrator for the right to create pods/portforward in namespace ${namespace}, or give --broker nats://HOST:PORT`
  return `check the pod and its node: kubectl describe -n ${namespace} pods -l app.kubernetes.io/component=broker; or give --broker nats://HOST:PORT`
}

/** The namespace of the only MailPlatform that the caller may see; else that of the context. */
async function platformNamespace(caller: Caller): Promise<string> {
  const platforms = (await ifAllowed<KubeObject>(caller, KINDS.MailPlatform)) ?? []
  const places = [...new Set(platforms.map(namespaceOf))]
  if (places.length > 1) throw new UsageError(`there are several platforms; choose one with -n: ${places.join(', ')}`)
  return places[0] ?? caller.namespace
}

/** The operator's environment, which describes the broker. */
async function operatorSettings(caller: Caller, namespace: string): Promise<Environment> {
  const labels = `${POSTRIDER},app.kubernetes.io/component=operator`
  const operators = (await ifAllowed<Wire<V1Deployment>>(caller, KINDS.Deployment, namespace, labels)) ?? []
  const variables = operators.flatMap(
    ({ spec }) => spec?.template.spec?.containers.flatMap(({ env }) => env ?? []) ?? [],
  )
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]))
}

async function passwordIn(caller: Caller, namespace: string, name: string): Promise<string> {
  const secret = await caller.get<Wire<V1Secret>>(refTo(KINDS.Secret, namespace, name)).catch((cause: unknown) => {
    if (!isForbidden(cause)) throw cause
    throw new UsageError(
      `the queue commands are for the administrator of the platform; you may not read the Secret that they need: ${cause.message}`,
      { cause },
    )
  })
  const password = secretText(secret, ACCOUNT)
  if (password !== undefined) return password
  const missing = secret === undefined ? 'there is no' : `there is no key ${ACCOUNT} in`
  throw new UsageError(
    `${missing} ${describeRef(refTo(KINDS.Secret, namespace, name))}; give the platform's namespace with -n, or the Secret with --broker-secret`,
  )
}

async function brokerPod(caller: Caller, namespace: string): Promise<string> {
  const pods = await caller.list<Wire<V1Pod>>(KINDS.Pod, namespace, `${POSTRIDER},app.kubernetes.io/component=broker`)
  const ready = pods.find(
    ({ metadata, status }) =>
      metadata?.deletionTimestamp === undefined &&
      status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
  )
  if (ready !== undefined) return nameOf(ready)
  throw new UsageError(
    pods.length === 0
      ? `there is no broker pod in namespace ${namespace}; for a broker outside the cluster, give --broker nats://HOST:PORT`
      : `no broker pod is ready: kubectl describe -n ${namespace} pods -l app.kubernetes.io/component=broker`,
  )
}
