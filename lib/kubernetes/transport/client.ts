import type { IncomingMessage } from 'node:http'
import { refusal, textOf } from './answer.ts'
import { findConnection } from './connection.ts'
import type { Whereabouts } from './connection.ts'
import { ApiError, isNotFound } from './errors.ts'
import { refOf } from '../object/kinds.ts'
import { pathOf } from '../object/object.ts'
import type { KindRef, KubeObject, ObjectRef } from '../object/object.ts'
import { brokenOff, createTransport } from './transport.ts'
import type { Exchange } from './transport.ts'

/** The field manager of everything the operator applies. */
export const FIELD_MANAGER = 'postrider-operator'

/** A connection to the API server. Methods throw ApiError, or why there is no connection (NoClusterError, ...). Default deadline: 30 s. */
export interface Cluster {
  /** Undefined if it does not exist. */
  get<T extends KubeObject>(ref: ObjectRef, limits?: RequestLimits): Promise<T | undefined>
  /** All objects of a kind, read in pages; with apiVersion and kind, which the server omits in lists. */
  list<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<T[]>
  /** Like `list`, with the resource version to watch from. */
  listAt<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<Listing<T>>
  /** Server-side apply: creates it, or sets the given fields and removes those that were given earlier but not now. */
  apply<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T>
  /** Server-side apply of `status`; sends only apiVersion, kind, name, namespace, uid and status. Throws NotFound if it is gone. */
  applyStatus<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T>
  /** Throws AlreadyExists. */
  create<T extends KubeObject>(object: T, limits?: RequestLimits): Promise<T>
  /** PUT: throws Conflict if the object's resourceVersion is not the newest. */
  replace<T extends KubeObject>(object: T, options?: RequestLimits): Promise<T>
  /** A JSON merge patch (RFC 7386). */
  merge<T extends KubeObject>(ref: ObjectRef, patch: object): Promise<T>
  /** False if it did not exist. Throws Conflict if the precondition fails. Dependents are deleted in the background. */
  remove(ref: ObjectRef, precondition?: { uid?: string; resourceVersion?: string }): Promise<boolean>
  /** Any request; resolves with the answer parsed as JSON (undefined if it is empty). */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>
  /** The lines of a streamed answer, as they arrive. Ends when the server ends it; throws ApiError if it breaks. */
  lines(path: string, options: StreamOptions): AsyncIterable<string>
  /** Closes idle connections and ends requests in progress. */
  close(): void
}

export interface ListOptions extends RequestLimits {
  /** Default: all namespaces. */
  namespace?: string
  labelSelector?: string
}

export interface Listing<T> {
  items: T[]
  resourceVersion: string
}

export interface ApplyOptions {
  /** Take over fields from other managers. Default true. */
  force?: boolean
  fieldManager?: string
}

export interface RequestLimits {
  timeoutMs?: number
  signal?: AbortSignal
}

export interface RequestOptions extends RequestLimits {
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  contentType?: string
  /** For the text of errors. */
  ref?: Partial<ObjectRef>
}

export interface StreamOptions {
  query?: Record<string, string | number | boolean | undefined>
  signal: AbortSignal
  /** The answer must be complete within this time. */
  timeoutMs: number
  ref?: Partial<ObjectRef>
  /** Called when the server has begun to answer without an error. */
  onOpen?(): void
}

const TIMEOUT_MS = 30_000
/** Objects per page of a list. */
const PAGE = 500

/** Uses `kubeconfig` or KUBECONFIG, else the pod's service account, else ~/.kube/config. Connects with the first request. Requests
 * throw NoClusterError if none of them exists. */
export function openCluster(where: Whereabouts = {}): Cluster {
  const connection = findConnection(where)
  // The first request reports the error.
  connection.catch(() => undefined)
  const transport = createTransport(connection)

  async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { query, body, contentType, ref, timeoutMs = TIMEOUT_MS } = options
    const late = AbortSignal.timeout(timeoutMs)
    const exchange: Exchange = {
      method,
      path,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(ref === undefined ? {} : { ref }),
      signal: options.signal === undefined ? late : AbortSignal.any([late, options.signal]),
    }
    const message = await transport.send(exchange)
    const text = await textOf(message).catch((error: unknown) => {
      throw brokenOff(error, exchange)
    })
    if ((message.statusCode ?? 0) >= 400) throw refusal(message, text, ref)
    try {
      return (text === '' ? undefined : JSON.parse(text)) as T
    } catch (error) {
      throw brokenOff(error, exchange)
    }
  }

  async function* lines(
    path: string,
    { query, signal, timeoutMs, ref, onOpen }: StreamOptions,
  ): AsyncGenerator<string> {
    const exchange: Exchange = {
      method: 'GET',
      path,
      ...(query === undefined ? {} : { query }),
      ...(ref === undefined ? {} : { ref }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      stream: true,
    }
    const message = await transport.send(exchange)
    try {
      if ((message.statusCode ?? 0) >= 400) throw refusal(message, await textOf(message), ref)
      onOpen?.()
      yield* linesOf(message)
    } catch (error) {
      throw error instanceof ApiError ? error : brokenOff(error, exchange)
    } finally {
      message.destroy()
    }
  }

  async function listAt<T extends KubeObject>(kind: KindRef, options: ListOptions = {}): Promise<Listing<T>> {
    const { namespace, labelSelector, ...limits } = options
    const ref = namespace === undefined ? kind : { ...kind, namespace }
    const items: T[] = []
    let next: string | undefined
    for (;;) {
      const query = { limit: PAGE, labelSelector, continue: next }
      const page: Page<T> = await request('GET', pathOf(kind, namespace), { query, ref, ...limits })
      for (const item of page.items) items.push({ ...item, apiVersion: kind.apiVersion, kind: kind.kind })
      next = page.metadata.continue
      if (next === undefined || next === '') return { items, resourceVersion: page.metadata.resourceVersion }
    }
  }

  function patch<T extends KubeObject>(
    object: T,
    body: object,
    under: '' | '/status',
    options: ApplyOptions,
  ): Promise<T> {
    const ref = refOf(object)
    return request('PATCH', `${pathOf(ref, ref.namespace, ref.name)}${under}`, {
      query: { fieldManager: options.fieldManager ?? FIELD_MANAGER, force: options.force ?? true },
      body,
      contentType: 'application/apply-patch+yaml',
      ref,
    })
  }

  return {
    request,
    lines,
    listAt,
    async get<T extends KubeObject>(ref: ObjectRef, limits: RequestLimits = {}): Promise<T | undefined> {
      return orUndefined(request<T>('GET', pathOf(ref, ref.namespace, ref.name), { ref, ...limits }))
    },
    async list<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<T[]> {
      return (await listAt<T>(kind, options)).items
    },
    apply: (object, options = {}) => patch(object, unmanaged(object), '', options),
    applyStatus: (object, options = {}) => patch(object, statusOf(object), '/status', options),
    create(object, limits = {}) {
      const ref = refOf(object)
      return request('POST', pathOf(ref, ref.namespace), {
        query: { fieldManager: FIELD_MANAGER },
        body: object,
        ref,
        ...limits,
      })
    },
    replace(object, limits = {}) {
      const ref = refOf(object)
      const path = pathOf(ref, ref.namespace, ref.name)
      return request('PUT', path, { query: { fieldManager: FIELD_MANAGER }, body: object, ref, ...limits })
    },
    merge: (ref, change) =>
      request('PATCH', pathOf(ref, ref.namespace, ref.name), {
        query: { fieldManager: FIELD_MANAGER },
        body: change,
        contentType: 'application/merge-patch+json',
        ref,
      }),
    async remove(ref, precondition) {
      const body = {
        propagationPolicy: 'Background',
        ...(precondition === undefined ? {} : { preconditions: precondition }),
      }
      const done = orUndefined(request('DELETE', pathOf(ref, ref.namespace, ref.name), { body, ref }).then(() => true))
      return (await done) ?? false
    },
    close: () => transport.close(),
  }
}

interface Page<T> {
  metadata: { resourceVersion: string; continue?: string }
  items: T[]
}

async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Removes the fields with which an object that was read from the server cannot be applied. */
function unmanaged(object: KubeObject): object {
  const metadata: Record<string, unknown> = { ...object.metadata }
  delete metadata['managedFields']
  delete metadata['resourceVersion']
  return { ...object, metadata }
}

function statusOf(object: KubeObject & { status?: unknown }): object {
  const { apiVersion, kind, metadata, status } = object
  const { name, namespace, uid } = metadata ?? {}
  return { apiVersion, kind, metadata: { name, namespace, uid }, status }
}

async function* linesOf(message: IncomingMessage): AsyncGenerator<string> {
  message.setEncoding('utf8')
  let rest = ''
  for await (const chunk of message) {
    const parts = (chunk as string).split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      const line = rest + part
      rest = ''
      if (line !== '') yield line
    }
    rest += last
  }
}
