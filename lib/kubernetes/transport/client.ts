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

/** A connection to the API server. All methods throw ApiError and nothing else; all have a deadline (30 s unless said otherwise). */
export interface Cluster {
  /** undefined when it is not there. */
  get<T extends KubeObject>(ref: ObjectRef, limits?: RequestLimits): Promise<T | undefined>
  /** All objects of a kind, page by page; with apiVersion and kind, which the server leaves out in lists. */
  list<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<T[]>
  /** As `list`, with the resource version to watch from. */
  listAt<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<Listing<T>>
  /** Server-side apply: creates it, or sets the fields given and takes back those given earlier but not now. */
  apply<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T>
  /** Server-side apply of `status`; only apiVersion, kind, name, namespace, uid and status of the object are sent. NotFound when it is gone. */
  applyStatus<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T>
  /** Throws AlreadyExists. */
  create<T extends KubeObject>(object: T, limits?: RequestLimits): Promise<T>
  /** PUT: throws Conflict when the object's resourceVersion is not the newest. */
  replace<T extends KubeObject>(object: T, options?: RequestLimits): Promise<T>
  /** A JSON merge patch (RFC 7386). */
  merge<T extends KubeObject>(ref: ObjectRef, patch: object): Promise<T>
  /** false when it was not there. Throws Conflict when the precondition does not hold. Dependents are collected in the background. */
  remove(ref: ObjectRef, precondition?: { uid?: string; resourceVersion?: string }): Promise<boolean>
  /** Any request; the answer parsed as JSON (undefined when it is empty). */
  request<T>(method: string, path: string, options?: RequestOptions): Promise<T>
  /** The lines of an answer that goes on, as they come. Ends when the server ends it; throws ApiError when it breaks. */
  lines(path: string, options: StreamOptions): AsyncIterable<string>
  /** Closes idle connections and ends what is under way. */
  close(): void
}

export interface ListOptions extends RequestLimits {
  /** All namespaces when not given. */
  namespace?: string
  labelSelector?: string
}

export interface Listing<T> {
  items: T[]
  resourceVersion: string
}

export interface ApplyOptions {
  /** Take fields from other managers. Default true. */
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
  /** For the error's text. */
  ref?: Partial<ObjectRef>
}

export interface StreamOptions {
  query?: Record<string, string | number | boolean | undefined>
  signal: AbortSignal
  /** The whole answer must be over within this time. */
  timeoutMs: number
  ref?: Partial<ObjectRef>
  /** The server has begun to answer, and not with an error. */
  onOpen?(): void
}

const TIMEOUT_MS = 30_000
/** Objects of one answer to a list. */
const PAGE = 500

/** From `kubeconfig` or KUBECONFIG, else from inside a pod, else from ~/.kube/config. Connects with the first request, which
 * throws NoClusterError when there is none of them. */
export function openCluster(where: Whereabouts = {}): Cluster {
  const connection = findConnection(where)
  // Reported to the first caller.
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

/** What was read from the server can be applied: what only the server writes is left out. */
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
