import type { Cluster } from '../transport/client.ts'
import { systemClock } from '../reconcile/clock.ts'
import type { Clock } from '../reconcile/clock.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../transport/errors.ts'
import { KINDS } from '../object/kinds.ts'
import { holderOf, leaseFor, markOf } from './lease-record.ts'
import type { Lease } from './lease-record.ts'
import { refTo } from '../object/object.ts'

export interface Candidacy {
  cluster: Cluster
  namespace: string
  /** Name of the Lease. */
  name: string
  /** Our name, unique among running processes, e.g. the pod's name. */
  identity: string
  /** Does the leader's work until the signal aborts; then it must end within 5 s, before another may begin. If it ends or fails by
   * itself, the leadership is released. */
  onStart(signal: AbortSignal): Promise<void>
  /** The leadership ended without `stop`, and the work has ended; `reason` is for the log. Afterwards we are a candidate again. */
  onLost(reason: string): void
  /** Why the lease could not be read or written; it is tried again. */
  onError?(error: unknown): void
  clock?: Clock
  timing?: Partial<LeaseTiming>
}

export interface LeaseTiming {
  /** A candidate takes a lease that was not renewed for this long. Default 15 s. */
  durationMs: number
  /** The leader ends its work if it could not renew for this long. Default 10 s; less than durationMs. */
  renewDeadlineMs: number
  /** Between two tries. Default 2 s. */
  retryMs: number
}

export interface Leadership {
  readonly leading: boolean
  /** The leader as last seen; '' if there is none. */
  readonly leader: string
  /** Ends the work, waits for it, releases the lease and resolves. */
  stop(): Promise<void>
}

const TIMING: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 }
/** A later answer about a lease is useless. */
const ANSWER_MS = 4000

/** Does some work in only one of several processes at a time, using a Lease. Clocks of different machines are never compared: a lease
 * is free if it has not changed for `durationMs` of our own clock. A leader counts from when it sent a renewal, a candidate from when
 * it saw one, so the leader's deadline always comes first. */
export function runAsLeader(candidacy: Candidacy): Leadership {
  const { cluster, namespace, name, identity, onStart, onLost, onError = () => undefined } = candidacy
  const clock = candidacy.clock ?? systemClock
  const timing = { ...TIMING, ...candidacy.timing }
  if (timing.renewDeadlineMs >= timing.durationMs) throw new RangeError('renewDeadlineMs must be less than durationMs')
  const ref = refTo(KINDS.Lease, namespace, name)
  const limits = { timeoutMs: Math.min(ANSWER_MS, timing.renewDeadlineMs / 2) }
  const stopping = new AbortController()
  const stopped = (): boolean => stopping.signal.aborted

  /** The lease as last seen, and when it was first seen so. */
  let seen: { lease: Lease | undefined; at: number } | undefined
  let leading = false

  function note(lease: Lease | undefined): void {
    // A deleted lease may still have a leader that has not noticed yet: candidates treat it as unchanged.
    if (lease === undefined && holderOf(seen?.lease) !== '') return
    const same = seen !== undefined && markOf(seen.lease) === markOf(lease)
    seen = { lease, at: same && seen !== undefined ? seen.at : clock.now() }
  }

  async function look(): Promise<Lease | undefined> {
    const lease = await cluster.get<Lease>(ref, limits)
    note(lease)
    return lease
  }

  /** Milliseconds until we may take the lease. */
  function freeInMs(): number {
    const holder = holderOf(seen?.lease)
    // Our own, from an earlier process in the same pod, or from a leadership that we lost because of timeouts.
    if (seen === undefined || holder === '' || holder === identity) return 0
    return seen.at + timing.durationMs - clock.now()
  }

  /** Replaces `before`, or creates the lease; false if another was first. */
  async function write(before: Lease | undefined, holder: string): Promise<boolean> {
    const wanted = leaseFor(before, { namespace, name, holder, durationMs: timing.durationMs, now: new Date() })
    try {
      note(before === undefined ? await cluster.create(wanted, limits) : await cluster.replace(wanted, limits))
      return true
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false
      throw error
    }
  }

  /** Waits for the lease; the time since when we hold it, or undefined at `stop`. */
  async function candidate(): Promise<number | undefined> {
    while (!stopped()) {
      let waitMs = timing.retryMs * (0.8 + Math.random() / 5)
      try {
        const lease = await look()
        const sentAt = clock.now()
        if (freeInMs() <= 0) {
          if (await write(lease, identity)) return sentAt
        } else {
          // As soon as it expires, to replace a killed leader without delay.
          waitMs = Math.min(waitMs, freeInMs())
        }
      } catch (error) {
        onError(error)
      }
      await pause(waitMs, stopping.signal)
    }
    return undefined
  }

  /** Renews until the work has ended (undefined) or the leadership is lost (why). */
  async function hold(from: number, ended: AbortSignal): Promise<string | undefined> {
    let endsAt = from + timing.renewDeadlineMs
    for (;;) {
      await pause(Math.min(timing.retryMs, endsAt - clock.now()), ended)
      if (ended.aborted) return undefined
      const sentAt = clock.now()
      const outcome = await Promise.race([renew(), pause(endsAt - sentAt, ended).then(() => 'no' as const)])
      if (outcome === 'taken') return `${holderOf(seen?.lease)} took the lease`
      if (outcome === 'yes') endsAt = sentAt + timing.renewDeadlineMs
      else if (clock.now() >= endsAt) return `the lease could not be renewed for ${timing.renewDeadlineMs} ms`
    }
  }

  async function renew(): Promise<'yes' | 'no' | 'taken'> {
    try {
      if (await write(seen?.lease, identity)) return 'yes'
      // Someone wrote to it: perhaps only a label, or we did, in a renewal whose answer was lost.
      const lease = await look()
      if (lease !== undefined && holderOf(lease) !== identity) return 'taken'
      return (await write(lease, identity)) ? 'yes' : 'no'
    } catch (error) {
      if (isNotFound(error) && (await write(undefined, identity).catch(() => false))) return 'yes'
      onError(error)
      return 'no'
    }
  }

  async function release(): Promise<void> {
    try {
      if (await write(seen?.lease, '')) return
      const lease = await look()
      if (holderOf(lease) === identity) await write(lease, '')
    } catch (error) {
      // Then it expires by itself.
      onError(error)
    }
  }

  async function lead(from: number): Promise<void> {
    const work = new AbortController()
    const ended = new AbortController()
    const abort = (): void => work.abort()
    stopping.signal.addEventListener('abort', abort)
    leading = true
    const working = outcomeOf(onStart, work.signal).finally(() => ended.abort())
    const lost = await hold(from, ended.signal)
    leading = false
    work.abort()
    const outcome = await working
    stopping.signal.removeEventListener('abort', abort)
    if (lost === undefined) await release()
    if (stopped()) return
    onLost(lost ?? outcome)
    // If the work fails, another process gets a try.
    await pause(2 * timing.retryMs, stopping.signal)
  }

  async function run(): Promise<void> {
    for (;;) {
      const from = await candidate()
      if (stopped()) return from === undefined ? undefined : release()
      if (from !== undefined) await lead(from)
    }
  }

  /** Resolves after `ms`, or when the signal aborts. */
  function pause(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        callOff()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const callOff = clock.after(ms, done)
      signal.addEventListener('abort', done)
    })
  }

  const running = run()
  return {
    get leading() {
      return leading
    },
    get leader() {
      return holderOf(seen?.lease)
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** How the work ended, as a sentence; never rejects. */
async function outcomeOf(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<string> {
  try {
    await work(signal)
    return 'the work ended'
  } catch (error) {
    return `the work failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}
