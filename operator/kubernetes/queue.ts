import type { Clock } from './clock.ts'

export interface QueueOptions {
  /** Brings the world of one key in line. Never runs twice at a time for one key. */
  run(key: string): Promise<{ againMs?: number | undefined } | undefined | void>
  /** A run failed; it is tried again after `againMs`. */
  onError(key: string, error: unknown, againMs: number): void
  /** Runs at a time. Default 4. */
  concurrency?: number
  clock?: Clock
  random?: () => number
  /** After the first failure, doubling to the cap, by chance between half of that and all. Default 1 s to 5 min. */
  backoff?: { firstMs: number; capMs: number }
  /** Runs of one key: `burst` at once, then one each 60 s / `perMinute`. What is added meanwhile waits and is one run.
   * So a key that its own writes add again and again costs no more than that. Default 10 and 20. */
  rate?: { burst: number; perMinute: number }
}

export interface Queue {
  /** Wants a run of the key, after `afterMs` (default at once). Wished several times before it runs: the earliest counts, and
   * it runs once. Wished while it runs: it runs again afterwards. */
  add(key: string, afterMs?: number): void
  /** No run begins any more; resolves when the running ones have ended. */
  stop(): Promise<void>
  stats(): QueueStats
}

export interface QueueStats {
  /** Would run, were there room. */
  ready: number
  /** Will run later. */
  waiting: number
  running: number
  /** Keys whose last run failed. */
  failing: number
}

export function createQueue(options: QueueOptions): Queue {
  throw new Error(`not there yet ${JSON.stringify(options)}`)
}
