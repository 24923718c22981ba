import type { KindRef, KubeObject, ObjectRef } from './object.ts'

/** The field manager of everything the operator applies. */
export const FIELD_MANAGER = 'postrider-operator'

/** A connection to the API server. All methods throw ApiError and nothing else; all have a deadline (30 s unless said otherwise). */
export interface Cluster {
  /** undefined when it is not there. */
  get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined>
  /** All objects of a kind, page by page; with apiVersion and kind, which the server leaves out in lists. */
  list<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<T[]>
  /** As `list`, with the resource version to watch from. */
  listAt<T extends KubeObject>(kind: KindRef, options?: ListOptions): Promise<Listing<T>>
  /** Server-side apply: creates it, or sets the fields given and takes back those given earlier but not now. */
  apply<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T>
  /** Server-side apply of `status`; only apiVersion, kind, name, namespace, uid and status of the object are sent. NotFound when it is gone. */
  applyStatus<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T>
  /** Throws AlreadyExists. */
  create<T extends KubeObject>(object: T): Promise<T>
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
}

/** From KUBECONFIG, else from inside a pod, else from ~/.kube/config. Connects with the first request. */
export function openCluster(options: { kubeconfig?: string } = {}): Cluster {
  throw new Error(`not there yet ${JSON.stringify(options)}`)
}
