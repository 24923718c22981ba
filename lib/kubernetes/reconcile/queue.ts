import { backoffMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { tokenBucket } from './token-bucket.ts'
import type { Rate, TokenBucket } from './token-bucket.ts'

export interface QueueOptions {
  /** Brings the world of one key in line. Never runs twice at a time for one key. */
  run(key: string): Promise<Again | undefined> | Promise<void>
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
  rate?: Rate
}

export interface Again {
  /** Run the key again after so long, even if nothing happens. */
  againMs?: number | undefined
}

export interface Queue {
  /** Wants a run of the key, after `afterMs` (default at once). Wished several times before it runs: the earliest counts, and
   * it runs once. Wished while it runs: it runs again afterwards. A failed key that is added does not wait for its backoff:
   * what made it fail may have been put right. */
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
  /** Keys that something is remembered of; those at rest go in time. */
  known: number
}

/** What is known of a key; forgotten when it is at rest. */
interface Entry {
  state: 'resting' | 'waiting' | 'ready' | 'running'
  /** When it is to run (next), of the clock; Infinity for never. */
  dueAt: number
  callOff: (() => void) | undefined
  failures: number
  bucket: TokenBucket
}

const DEFAULT_BACKOFF = { firstMs: 1000, capMs: 5 * 60_000 }
const DEFAULT_RATE = { burst: 10, perMinute: 20 }
/** Entries at rest are looked for when there are so many more than after the last look. */
const SWEEP_EVERY = 500

/** Runs keys, each by itself: from many wishes few runs, from failures ever later ones. */
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
    // A timer may be early by a fraction, and the longest are cut short.
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
