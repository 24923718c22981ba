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
  /** Who we are: unique among the processes that run, e.g. the pod's name. */
  identity: string
  /** Does the leader's work until the signal aborts, and then ends soon: it has 5 s before another may begin. When it ends or
   * fails by itself the lead is given up. */
  onStart(signal: AbortSignal): Promise<void>
  /** The lead is over other than by `stop`, and the work has ended; the reason for the log. Afterwards we are a candidate again. */
  onLost(reason: string): void
  /** What kept us from asking or renewing; it goes on by itself. */
  onError?(error: unknown): void
  clock?: Clock
  timing?: Partial<LeaseTiming>
}

export interface LeaseTiming {
  /** A candidate takes a lease that it has not seen renewed for so long. Default 15 s. */
  durationMs: number
  /** The leader ends its work when it could not renew for so long. Default 10 s; less than durationMs. */
  renewDeadlineMs: number
  /** Between two tries. Default 2 s. */
  retryMs: number
}

export interface Leadership {
  readonly leading: boolean
  /** Who leads, as last seen; '' for nobody. */
  readonly leader: string
  /** Ends the work, waits for it, releases the lease and resolves. */
  stop(): Promise<void>
}

const TIMING: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 }
/** An answer about a lease is worth nothing later. */
const ANSWER_MS = 4000

/** Does some work in one process of several at a time, by a Lease. Clocks of different machines are never compared: a lease is
 * free when its record has not changed for `durationMs` of our own time. A leader counts from when it sent a renewal, a candidate
 * from when it saw one, so the leader's deadline always comes first. */
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
    // A lease that somebody deleted may still have a leader who does not know yet: for a candidate it is as if unchanged.
    if (lease === undefined && holderOf(seen?.lease) !== '') return
    const same = seen !== undefined && markOf(seen.lease) === markOf(lease)
    seen = { lease, at: same && seen !== undefined ? seen.at : clock.now() }
  }

  async function look(): Promise<Lease | undefined> {
    const lease = await cluster.get<Lease>(ref, limits)
    note(lease)
    return lease
  }

  /** Milliseconds until we may take it. */
  function freeInMs(): number {
    const holder = holderOf(seen?.lease)
    // Our own: of a process before us in the same pod, or of a lead that we lost for want of answers.
    if (seen === undefined || holder === '' || holder === identity) return 0
    return seen.at + timing.durationMs - clock.now()
  }

  /** Writes over `before`, or makes it; false when another was first. */
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

  /** Waits its turn; the time from which we hold the lease, or undefined at `stop`. */
  async function candidate(): Promise<number | undefined> {
    while (!stopped()) {
      let waitMs = timing.retryMs * (0.8 + Math.random() / 5)
      try {
        const lease = await look()
        const sentAt = clock.now()
        if (freeInMs() <= 0) {
          if (await write(lease, identity)) return sentAt
        } else {
          // Just when it is due: a leader that was killed is to be missed no longer than need be.
          waitMs = Math.min(waitMs, freeInMs())
        }
      } catch (error) {
        onError(error)
      }
      await pause(waitMs, stopping.signal)
    }
    return undefined
  }

  /** Renews until the work has ended (undefined) or the lead is lost (why). */
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
      // Another wrote to it: perhaps only a label, perhaps it was our own renewal whose answer got lost.
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
      // Then it runs out by itself.
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
    // When it is the work that fails, another shall have a try.
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
