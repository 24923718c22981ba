import type { Cluster } from './client.ts'
import type { KindRef, KubeObject } from './object.ts'

export interface WatchOptions<T> {
  /** All namespaces when not given. */
  namespace?: string
  labelSelector?: string
  /** Told of every difference, the first list included. `object` is undefined when it is gone; `previous` is what the store held.
   * Only puts keys into queues: what it throws goes to onError. */
  onChange(key: string, object: T | undefined, previous: T | undefined): void
  /** What kept the watch from going on, a line of log; it goes on by itself. */
  onError?(error: unknown): void
}

/** What the API server holds of a kind, a moment late. Objects in it are read only, and have no managedFields. */
export interface Store<T> {
  /** `namespace/name`, or the name of a kind without namespaces. */
  get(key: string): T | undefined
  /** All, or those of a namespace. */
  list(namespace?: string): T[]
  /** Resolves with the first complete list, and never if `stop` comes earlier. Nobody may conclude from absence before. */
  readonly synced: Promise<void>
  /** Why the store does not follow the server at the moment; undefined when it does. */
  readonly problem: string | undefined
  stop(): void
}

/** Lists a kind and follows its changes for as long as `stop` is not called, whatever happens to the server. */
export function watchKind<T extends KubeObject>(cluster: Cluster, kind: KindRef, options: WatchOptions<T>): Store<T> {
  throw new Error(`not there yet ${JSON.stringify([cluster, kind, options])}`)
}
