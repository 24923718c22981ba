import { keyOf } from '../object/object.ts'
import type { KubeObject } from '../object/object.ts'

/** The objects of a kind in the API server, with a short delay. They are read-only, parsed once on arrival, and without
 * managedFields. */
export interface Store<T> {
  /** `namespace/name`, or the name of a cluster-scoped object. */
  get(key: string): T | undefined
  /** All objects, or those of a namespace. */
  list(namespace?: string): T[]
  /** Resolves after the first complete list; never if stopped before it. Until then, absence means nothing. */
  readonly synced: Promise<void>
  /** Why the store does not follow the server now; undefined if it does. */
  readonly problem: string | undefined
  stop(): void
}

export interface Listeners<T> {
  onChange(key: string, object: T | undefined, previous: T | undefined): void
  onError(error: unknown): void
  /** Turns an object of the API server into what the store holds. Never throws. */
  read(object: KubeObject): T
}

/** The side of a store that the watch writes to. */
export interface WritableStore<T> {
  put(object: KubeObject): void
  drop(key: string): void
  /** Makes the store hold exactly these; reports only the differences. */
  replaceAll(objects: KubeObject[]): void
  setProblem(problem: string | undefined): void
  view: Omit<Store<T>, 'stop'>
}

export function createStore<T extends KubeObject>({ onChange, onError, read }: Listeners<T>): WritableStore<T> {
  const objects = new Map<string, T>()
  let problem: string | undefined = 'not listed yet'
  let nowSynced = (): void => undefined
  const synced = new Promise<void>((resolve) => (nowSynced = resolve))

  function tell(key: string, object: T | undefined, previous: T | undefined): void {
    try {
      onChange(key, object, previous)
    } catch (error) {
      onError(error)
    }
  }

  function put(given: KubeObject): void {
    const key = keyOf(given)
    const previous = objects.get(key)
    if (versionOf(previous) === versionOf(given)) return
    const object = read(slim(given))
    objects.set(key, object)
    tell(key, object, previous)
  }

  function drop(key: string): void {
    const previous = objects.get(key)
    if (previous === undefined) return
    objects.delete(key)
    tell(key, undefined, previous)
  }

  return {
    put,
    drop,
    replaceAll(list) {
      const there = new Set(list.map(keyOf))
      for (const key of [...objects.keys()]) if (!there.has(key)) drop(key)
      for (const object of list) put(object)
      nowSynced()
    },
    setProblem: (sentence) => (problem = sentence),
    view: {
      get: (key) => objects.get(key),
      list(namespace) {
        const all = [...objects.values()]
        return namespace === undefined ? all : all.filter(({ metadata }) => metadata?.namespace === namespace)
      },
      synced,
      get problem() {
        return problem
      },
    },
  }
}

/** A recreated object also has another version. */
const versionOf = (object: KubeObject | undefined): string | undefined => object?.metadata?.resourceVersion

/** managedFields are often longer than the object itself. */
function slim(object: KubeObject): KubeObject {
  delete (object.metadata as { managedFields?: unknown } | undefined)?.managedFields
  return object
}
