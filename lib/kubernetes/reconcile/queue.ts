import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { tokenBucket } from './token-bucket.ts'
import type { Rate, TokenBucket } from './token-bucket.ts'

export interface QueueOptions {
  /** Reconciles one key. Never runs twice at the same time for one key. */
  run(key: string): Promise<Again | undefined> | Promise<void>
  /** A run failed; it is retried after `againMs`. */
  onError(key: string, error: unknown, againMs: number): void
  /** Runs at the same time. Default 4. */
  concurrency?: number
  clock?: Clock
  random?: () => number
  /** Delay after the first failure, doubling to the cap, times a random factor from 0.5 to 1. Default 1 s to 5 min. */
  backoff?: { firstMs: number; capMs: number }
  /** Runs of one key: `burst` at once, then one every 60 s / `perMinute`. What is added meanwhile becomes one run. This bounds a key
   * that its own writes add repeatedly. Default 10 and 20. */
  rate?: Rate
}

export interface Again {
  /** Run the key again after this time, even if nothing happens. */
  againMs?: number | undefined
}

export interface Queue {
  /** Requests a run of the key after `afterMs` (default 0). Several requests before it runs become one run, at the earliest time. After
   * a request during a run, it runs again. A request for a failed key does not wait for its back-off: the cause may have been
   * fixed. */
  add(key: string, afterMs?: number): void
  /** Starts no more runs; resolves when the current ones have ended. */
  stop(): Promise<void>
  stats(): QueueStats
}

export interface QueueStats {
  /** Waiting for a free place. */
  ready: number
  /** To be run later. */
  waiting: number
  running: number
  /** Keys whose last run failed. */
  failing: number
  /** Keys in memory; those at rest are removed eventually. */
  known: number
}

/** What is known about a key; removed when it is at rest. */
interface Entry {
  state: 'resting' | 'waiting' | 'ready' | 'running'
  /** When it runs next, by the clock; Infinity for never. */
  dueAt: number
  callOff: (() => void) | undefined
  failures: number
  bucket: TokenBucket
}

const DEFAULT_BACKOFF = { firstMs: 1000, capMs: 5 * 60_000 }
const DEFAULT_RATE = { burst: 10, perMinute: 20 }
/** Entries at rest are removed when the map has grown by this many. */
const SWEEP_EVERY = 500

/** Runs each key by itself: merges requests into few runs, and retries failures ever later. */
export function createQueue(options: QueueOptions): Queue {
  const { run, onError, concurrency = 4, clock = systemClock, random = Math.random } = options
  const { backoff = DEFAULT_BACKOFF, rate = DEFAULT_RATE } = options
  const entries = new Map<string, Entry>()
  const ready: string[] = []
  const running = new Set<Promise<void>>()
  let stopped = false
  let sweepAt = SWEEP_EVERY

  function entryOf(key: string): Entry {
    const known = entries.get(key)
    if (known !== undefined) return known
    if (entries.size >= sweepAt) sweep()
    const entry: Entry = {
      state: 'resting',
      dueAt: Infinity,
      callOff: undefined,
      failures: 0,
      bucket: tokenBucket(rate, clock.now()),
    }
    entries.set(key, entry)
    return entry
  }

  function sweep(): void {
    for (const [key, { state, failures, bucket }] of entries) {
      if (state === 'resting' && failures === 0 && bucket.full(clock.now())) entries.delete(key)
    }
    sweepAt = entries.size + SWEEP_EVERY
  }

  function wish(key: string, entry: Entry, afterMs: number): void {
    const dueAt = clock.now() + afterMs
    if (stopped || entry.state === 'ready' || dueAt >= entry.dueAt) return
    entry.dueAt = dueAt
    if (entry.state !== 'running') wait(key, entry)
  }

  function wait(key: string, entry: Entry): void {
    entry.callOff?.()
    entry.state = 'waiting'
    const inMs = entry.dueAt - clock.now()
    if (inMs <= 0) return admit(key, entry)
    entry.callOff = clock.after(inMs, () => admit(key, entry))
  }

  function admit(key: string, entry: Entry): void {
    entry.callOff = undefined
    if (stopped) return
    // A timer may be early by a fraction, and very long ones are shortened.
    if (entry.dueAt > clock.now() + 1) return wait(key, entry)
    const heldMs = entry.bucket.take(clock.now())
    if (heldMs > 0) {
      entry.state = 'waiting'
      entry.callOff = clock.after(heldMs, () => admit(key, entry))
      return
    }
    entry.state = 'ready'
    ready.push(key)
    next()
  }

  function next(): void {
    while (!stopped && running.size < concurrency) {
      const key = ready.shift()
      if (key === undefined) return
      const work = runOne(key, entryOf(key))
      running.add(work)
      void work.finally(() => {
        running.delete(work)
        next()
      })
    }
  }

  /** Never rejects. */
  async function runOne(key: string, entry: Entry): Promise<void> {
    entry.state = 'running'
    entry.dueAt = Infinity
    let againMs: number | undefined
    try {
      againMs = (await run(key))?.againMs
      entry.failures = 0
    } catch (error) {
      entry.failures++
      againMs = backoffMs(entry.failures, backoff, random)
      onError(key, error, againMs)
    }
    entry.state = 'resting'
    const wishedAt = entry.dueAt
    entry.dueAt = Math.min(wishedAt, againMs === undefined ? Infinity : clock.now() + againMs)
    if (entry.dueAt !== Infinity && !stopped) wait(key, entry)
  }

  return {
    add: (key, afterMs = 0) => wish(key, entryOf(key), afterMs),
    async stop() {
      stopped = true
      for (const entry of entries.values()) entry.callOff?.()
      await Promise.all(running)
    },
    stats() {
      const all = [...entries.values()]
      const count = (state: Entry['state']): number => all.filter((entry) => entry.state === state).length
      return {
        ready: count('ready'),
        waiting: count('waiting'),
        running: running.size,
        failing: all.filter(({ failures }) => failures > 0).length,
        known: entries.size,
      }
    },
  }
}
