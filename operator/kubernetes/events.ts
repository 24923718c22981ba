import type { Cluster } from './client.ts'
import type { Clock } from './clock.ts'
import type { KubeObject } from './object.ts'

export interface RecorderOptions {
  /** The pod that tells; at most 128 characters. */
  instance?: string
  /** A repeated event is written again, as a series with its count, at most this often. Default 5 minutes. */
  repeatMs?: number
  /** Events of one object: `burst` at once, then one each 60 s / `perMinute`; the rest is not written. Default 25 and 0.2. */
  rate?: { burst: number; perMinute: number }
  clock?: Clock
  onError?(error: unknown): void
}

export interface Recorder {
  /** Tells the readers of `kubectl describe` of something. Returns at once and never throws: an event is help, not a promise.
   * `reason` is one CamelCase word; `note` a sentence with what to do about it, cut at 1024 characters. */
  record(object: KubeObject, type: 'Normal' | 'Warning', reason: string, note: string): void
  /** Resolves when all that was recorded is written or given up. */
  flush(): Promise<void>
}

export function createRecorder(cluster: Cluster, options: RecorderOptions = {}): Recorder {
  throw new Error(`not there yet ${JSON.stringify([cluster, options])}`)
}
