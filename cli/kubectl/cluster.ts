import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { refusal, textOf } from '@postrider/kubernetes/transport/answer'
import type { Access, TlsMaterial } from '@postrider/kubernetes/transport/connection'
import { isNotFound } from '@postrider/kubernetes/transport/errors'
import { pathOf } from '@postrider/kubernetes/object/object'
import type { KindRef, KubeObject, ObjectRef } from '@postrider/kubernetes/object/object'
import { createTransport } from '@postrider/kubernetes/transport/transport'
import { UsageError } from '@postrider/standalone/usage-error'
import { closest } from './closest.ts'

export interface Place {
  kubeconfig?: string | undefined
  context?: string | undefined
}

/** A cluster, with the rights of the person who asks. All requests throw ApiError. */
export interface Caller {
  config: KubeConfig
  server: string
  /** Of the context. */
  namespace: string
  /** undefined when it is not there. */
  get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined>
  /** Of all namespaces when none is given. */
  list<T extends KubeObject>(kind: KindRef, namespace?: string, labelSelector?: string): Promise<T[]>
  /** A JSON merge patch (RFC 7386). */
  merge(ref: ObjectRef, patch: object): Promise<void>
  close(): void
}

/** Whose the fields are that a command sets. */
const FIELD_MANAGER = 'kubectl-postrider'
const TIMEOUT_MS = 30_000

/** By --kubeconfig and --context, else as kubectl finds its way. Throws a UsageError that says what is missing. */
export async function openCaller(place: Place): Promise<Caller> {
  const config = await loadConfig(place)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw noCluster(config)
  const server = cluster.server.replace(/\/$/, '')
  const transport = createTransport(Promise.resolve({ server, access: () => accessOf(config, cluster.proxyUrl) }))

  async function request<T>(
    method: string,
    path: string,
    ref: Partial<ObjectRef>,
    given: { query?: Record<string, string | undefined>; body?: string; contentType?: string } = {},
  ): Promise<T> {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const message = await transport.send({ method, path, ref, signal, ...given })
    const text = await textOf(message)
    if ((message.statusCode ?? 0) >= 400) throw refusal(message, text, ref)
    return JSON.parse(text) as T
  }

  return {
    config,
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    async get<T extends KubeObject>(ref: ObjectRef) {
      try {
        return await request<T>('GET', pathOf(ref, ref.namespace, ref.name), ref)
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    async list<T extends KubeObject>(kind: KindRef, namespace?: string, labelSelector?: string) {
      const ref = namespace === undefined ? kind : { ...kind, namespace }
      const query = { labelSelector }
      const { items } = await request<{ items: T[] }>('GET', pathOf(kind, namespace), ref, { query })
      return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }))
    },
    async merge(ref, patch) {
      const query = { fieldManager: FIELD_MANAGER }
      const contentType = 'application/merge-patch+json'
      const body = JSON.stringify(patch)
      await request('PATCH', pathOf(ref, ref.namespace, ref.name), ref, { query, body, contentType })
    },
    close: () => transport.close(),
  }
}

async function loadConfig({ kubeconfig = process.env['KUBECONFIG'], context }: Place): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  const home = join(homedir(), '.kube', 'config')
  const named = (kubeconfig ?? '').split(delimiter).filter((file) => file !== '')
  // As with kubectl, a file of the list may be absent.
  const files = (named.length > 0 ? named : [home]).filter((file) => existsSync(file))
  if (files.length > 0) {
    for (const file of files) {
      const one = new KubeConfig()
      try {
        one.loadFromFile(file)
        config.mergeConfig(one, config.contexts.length > 0)
      } catch (cause) {
        throw new UsageError(`${file} is no kubeconfig that can be used: ${String(cause)}`, { cause })
      }
    }
  } else if (named.length === 0 && process.env['KUBERNETES_SERVICE_HOST'] !== undefined) {
    config.loadFromCluster()
  } else {
    const where =
      named.length > 0 ? `${named.join(' or ')} is not there` : `KUBECONFIG is not set and ${home} is not there`
    throw new UsageError(`no cluster is known: ${where}; set KUBECONFIG, or give --kubeconfig FILE`)
  }
  if (context !== undefined) choose(config, context)
  return config
}

function choose(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name)
  if (!names.includes(context)) throw new UsageError(`there is no context ${context}${closest(context, names)}`)
  config.setCurrentContext(context)
}

function noCluster(config: KubeConfig): UsageError {
  const names = config.getContexts().map(({ name }) => name)
  const choice = names.length === 0 ? 'the kubeconfig has none' : `give --context with one of ${names.join(', ')}`
  return new UsageError(`no context is chosen, or its cluster is not described: ${choice}`)
}

type Filled = TlsMaterial & { headers?: Record<string, string>; auth?: string; agent?: NonNullable<Access['agent']> }

/** With all that a kubeconfig can say: certificates, tokens, programs to ask for them, OIDC, proxies. Throws a UsageError. */
async function accessOf(config: KubeConfig, proxyUrl: string | undefined): Promise<Access> {
  const filled: Filled = {}
  try {
    await config.applyToHTTPSOptions(filled)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`the login that the kubeconfig names does not work: ${message}`, { cause })
  }
  const { headers = {}, auth, agent, ...rest } = filled
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = rest
  const tls = { ca, cert, key, passphrase, servername, rejectUnauthorized }
  return {
    headers: {
      ...headers,
      ...(auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
    },
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
    ...(proxyUrl === undefined || agent === undefined ? {} : { agent }),
  }
}
