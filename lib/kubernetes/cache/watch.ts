import { setTimeout as pause } from 'node:timers/promises'
import { refusalOf } from '../transport/answer.ts'
import { backoffMs } from '../reconcile/backoff.ts'
import type { Cluster } from '../transport/client.ts'
import { isExpired } from '../transport/errors.ts'
import { keyOf, pathOf } from '../object/object.ts'
import type { KindRef, KubeObject } from '../object/object.ts'
import { createStore } from './store.ts'
import type { Store } from './store.ts'

export type { Store } from './store.ts'

export interface WatchOptions<T> {
  /** Parses an object once, when it arrives, into what the store holds. Never throws. Default: no change, for kinds that the API server
   * itself validates. */
  read?(object: KubeObject): T
  /** Default: all namespaces. */
  namespace?: string
  labelSelector?: string
  /** Called with every difference, including the first list. `object` is undefined if it is gone; `previous` is what the store held.
   * Should only put keys into queues; what it throws goes to onError. */
  onChange(key: string, object: T | undefined, previous: T | undefined): void
  /** Why the watch was interrupted, for the log; it continues by itself. */
  onError?(error: unknown): void
  timing?: Partial<WatchTiming>
}

export interface WatchTiming {
  /** The server ends a watch after this time, plus up to half of it at random. Default 5 minutes. */
  watchMs: number
  /** All objects are listed again after this time, in case an event was lost. Default 30 minutes. */
  relistMs: number
  /** Between tries while the server does not answer; short, to notice soon when it does again. Default 0.25 to 4 s. */
  backoff: { firstMs: number; capMs: number }
}

const TIMING: WatchTiming = {
  watchMs: 5 * 60_000,
  relistMs: 30 * 60_000,
  backoff: { firstMs: 250, capMs: 4000 },
}
/** Added to the timeout that is requested from the server. */
const GRACE_MS = 30_000
const SHORTEST_MS = 1000

/** A line of a watch. */
interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: KubeObject
}

/** Lists a kind and follows its changes until `stop` is called, whatever happens to the server. */
export function watchKind<T extends KubeObject>(cluster: Cluster, kind: KindRef, options: WatchOptions<T>): Store<T> {
  const { namespace, labelSelector, onChange, onError = () => undefined } = options
  const { read = (object: KubeObject) => object as T } = options
  const timing = { ...TIMING, ...options.timing }
  const stopping = new AbortController()
  const { signal } = stopping
  const stopped = (): boolean => signal.aborted
  const store = createStore<T>({ onChange, onError, read })

  /** Version to continue from; undefined if all must be listed. */
  let position: string | undefined
  let listedAt = 0
  let failures = 0

  async function list(): Promise<void> {
    const scope = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    }
    const { items, resourceVersion } = await cluster.listAt(kind, { ...scope, signal })
    position = resourceVersion
    listedAt = performance.now()
    store.replaceAll(items)
  }

  /** Watches until the server ends it, after some minutes. */
  async function follow(): Promise<void> {
    const forMs = Math.round(timing.watchMs * (1 + Math.random() / 2))
    const lines = cluster.lines(pathOf(kind, namespace), {
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: position,
        timeoutSeconds: Math.ceil(forMs / 1000),
        labelSelector,
      },
      signal,
      timeoutMs: forMs + GRACE_MS,
      ref: kind,
      onOpen: () => store.setProblem(undefined),
    })
    for await (const line of lines) {
      take(JSON.parse(line) as Change)
      failures = 0
    }
  }

  function take({ type, object }: Change): void {
    if (type === 'ERROR') throw refusalOf(object, 500, kind)
    if (type === 'ADDED' || type === 'MODIFIED') store.put(object)
    if (type === 'DELETED') store.drop(keyOf(object))
    position = object.metadata?.resourceVersion ?? position
  }

  async function goOn(): Promise<void> {
    if (position === undefined || performance.now() - listedAt > timing.relistMs) await list()
    const begunAt = performance.now()
    await follow()
    // A proxy may end each watch at once.
    await sleep(SHORTEST_MS - (performance.now() - begunAt), signal)
  }

  async function forever(): Promise<void> {
    while (!stopped()) {
      try {
        await goOn()
      } catch (error) {
        if (stopped()) return
        // The version is too old, or the failure is repeated: a new list recovers from both.
        if (isExpired(error) || failures > 0) position = undefined
        failures++
        const waitMs = backoffMs(failures, timing.backoff)
        store.setProblem(`${kind.plural}: ${error instanceof Error ? error.message : String(error)}`)
        report(error)
        await sleep(waitMs, signal)
      }
    }
  }

  function report(error: unknown): void {
    try {
      onError(error)
    } catch {
      // A failure to log must not end the watch.
    }
  }

  void forever()
  return {
    ...store.view,
    get problem() {
      return store.view.problem
    },
    stop: () => stopping.abort(),
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  // Rejects only when it is stopped.
  await pause(Math.max(0, ms), undefined, { signal }).catch(() => undefined)
}
