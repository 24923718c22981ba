/** The parts of an object that this package reads. The types of @kubernetes/client-node (V1Secret, ...) fit. */
export interface KubeObject {
  apiVersion?: string
  kind?: string
  metadata?: Metadata
}

export interface Metadata {
  name?: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  /** RFC 3339. */
  creationTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** An object as sent by the server: times are strings (RFC 3339), whatever the types of the client library say. */
export type Wire<T> = T extends Date ? string : T extends object ? { [Key in keyof T]: Wire<T[Key]> } : T

/** A kind of object and where the API server keeps it. */
export interface KindRef {
  /** `v1`, `apps/v1`, `postrider.dev/v1alpha1`. */
  apiVersion: string
  kind: string
  plural: string
  namespaced: boolean
}

/** One object. `namespace` is needed for namespaced kinds. */
export interface ObjectRef extends KindRef {
  namespace?: string
  name: string
}

export const refTo = (kind: KindRef, namespace: string | undefined, name: string): ObjectRef => ({
  ...kind,
  ...(kind.namespaced && namespace !== undefined ? { namespace } : {}),
  name,
})

/** `namespace/name`, or `name` without a namespace: the key of stores and queues. */
export function keyOf(object: KubeObject): string {
  return keyFor(object.metadata?.namespace, object.metadata?.name ?? '')
}

export const keyFor = (namespace: string | undefined, name: string): string =>
  namespace === undefined || namespace === '' ? name : `${namespace}/${name}`

/** The object of a kind that has a key (see keyOf). */
export function refAt(kind: KindRef, key: string): ObjectRef {
  const slash = key.indexOf('/')
  return slash === -1 ? refTo(kind, undefined, key) : refTo(kind, key.slice(0, slash), key.slice(slash + 1))
}

/** `Deployment mail/postrider-ingress`: names an object for people, and is its key where there are several kinds. */
export const describeRef = ({ kind, namespace, name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string =>
  `${kind} ${keyFor(namespace, name)}`

/** The URL path of a kind's objects; of all namespaces if none is given. */
export function pathOf(kind: KindRef, namespace?: string, name?: string): string {
  const root = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`
  const inside = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${inside}/${kind.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}
