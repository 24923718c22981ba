import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { refusal, textOf } from '@postrider/kubernetes/transport/answer'
import { isNotFound } from '@postrider/kubernetes/transport/errors'
import {
  BadKubeconfigError,
  KubeconfigLoginError,
  connectionBy,
  readKubeconfig,
} from '@postrider/kubernetes/transport/kubeconfig'
import { pathOf } from '@postrider/kubernetes/object/object'
import type { KindRef, KubeObject, ObjectRef } from '@postrider/kubernetes/object/object'
import { createTransport } from '@postrider/kubernetes/transport/transport'
import { UsageError } from '@postrider/standalone/usage-error'
import { closest } from './closest.ts'

export interface Place {
  kubeconfig?: string | undefined
  context?: string | undefined
}

/** A cluster, with the permissions of the caller. Requests throw ApiError, or UsageError if the login fails. */
export interface Caller {
  config: KubeConfig
  server: string
  /** Namespace of the context. */
  namespace: string
  /** Undefined if it does not exist. */
  get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined>
  /** Default: all namespaces. */
  list<T extends KubeObject>(kind: KindRef, namespace?: string, labelSelector?: string): Promise<T[]>
  /** A JSON merge patch (RFC 7386). */
  merge(ref: ObjectRef, patch: object): Promise<void>
  close(): void
}

/** Field manager of what a command sets. */
const FIELD_MANAGER = 'kubectl-postrider'
const TIMEOUT_MS = 30_000

/** Uses --kubeconfig and --context, else what kubectl would use. Throws a UsageError that says what is missing. */
export async function openCaller(place: Place): Promise<Caller> {
  const config = await loadConfig(place)
  const connection = connectionBy(config)
  if (connection === undefined) throw noCluster(config)
  const { server } = connection
  const transport = createTransport(Promise.resolve({ server, access: () => connection.access().catch(loginFails) }))

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
  const home = join(homedir(), '.kube', 'config')
  const named = (kubeconfig ?? '').split(delimiter).filter((file) => file !== '')
  // As with kubectl, files of the list may be missing.
  const files = (named.length > 0 ? named : [home]).filter((file) => existsSync(file))
  const config = files.length > 0 ? await read(files) : await ownCluster(named, home)
  if (context !== undefined) choose(config, context)
  return config
}

async function read(files: string[]): Promise<KubeConfig> {
  try {
    return await readKubeconfig(files)
  } catch (cause) {
    if (cause instanceof BadKubeconfigError) throw new UsageError(cause.message, { cause })
    throw cause
  }
}

/** Inside a pod, its own cluster. */
async function ownCluster(named: string[], home: string): Promise<KubeConfig> {
  if (named.length === 0 && process.env['KUBERNETES_SERVICE_HOST'] !== undefined) {
    const config = await readKubeconfig([])
    config.loadFromCluster()
    return config
  }
  const where =
    named.length > 0 ? `${named.join(' or ')} does not exist` : `KUBECONFIG is not set and ${home} does not exist`
  throw new UsageError(`no cluster is configured: ${where}; set KUBECONFIG, or give --kubeconfig FILE`)
}

function choose(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name)
  if (!names.includes(context)) throw new UsageError(`there is no context ${context}${closest(context, names)}`)
  config.setCurrentContext(context)
}

function noCluster(config: KubeConfig): UsageError {
  const names = config.getContexts().map(({ name }) => name)
  const choice = names.length === 0 ? 'the kubeconfig has none' : `give --context with one of ${names.join(', ')}`
  return new UsageError(`no context is selected, or its cluster is not defined: ${choice}`)
}

function loginFails(cause: unknown): never {
  if (!(cause instanceof KubeconfigLoginError)) throw cause
  throw new UsageError(`the login configured in the kubeconfig does not work: ${cause.message}`, { cause })
}
