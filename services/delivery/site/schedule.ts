import { Breaker } from './breaker.ts'
import type { RestTimes } from './breaker.ts'
import type { Finding } from './findings.ts'
import { SlotTimes } from './slot-times.ts'
import { Spread } from './spread.ts'
import { Width } from './width.ts'

/** A transaction that takes longer than this is slow. Milliseconds. */
const SLOW_MS = 3000
/** Longest time that a job waits in memory for a slot. Milliseconds. */
export const MAX_WAIT_MS = 3000
/** Waiters of a site. Bounded because they use up the capacity of all sites. */
const MAX_WAITERS = 60
/** Waiters of a site that is known to be quick. Within this bound it has as many as get a slot in time, because giving a job back costs the
 * broker more than keeping it. */
const MAX_QUICK_WAITERS = 400
/** Waiters for each connection that an unknown site may have. */
const WAITERS_A_CONNECTION = 5
/** Assumed transaction time of a site that has not completed a transaction yet. Milliseconds. */
const UNKNOWN_MS = 1500
/** Extra transactions that a site may have while others are stuck, so that a remote that takes minutes over one message does not delay the
 * other mail of its site. */
const MAX_EXTRA_FOR_STUCK = 3
/** Interval at which jobs of a resting site return once the rest is over. Milliseconds. */
const RETURN_STEP_MS = 10
/** Delay of the other jobs while a probe is in progress. Milliseconds. */
const PROBE_LATER_MS = 1000
/** Simultaneous last attempts, of messages that expire now, at a resting site. */
const MAX_LAST_ATTEMPTS = 5

/** The job must be postponed, usually because the site has no free slot. */
export interface Later {
  /** Delay in whole milliseconds. */
  later: number
  /** Why the site cannot be reached, if it is down. */
  trouble?: string
  /** The reason is on our side: no message expires because of it. */
  ours?: boolean
}

export interface SlotRequest {
  /** Connections that the policy of the route allows the site. */
  limit: number
  /** An administrator requested this attempt, so a resting site is probed at once. */
  urgent?: boolean
  /** The last attempt before the message expires. It is made even while the site rests. */
  last?: boolean
}

interface Waiter<Who> {
  who: Who
  last: boolean
  deadline: number
}

/** Decides which jobs get a slot at a site, which wait for one, and when the others return. Uses neither connections nor timers. Times are
 * monotonic, in milliseconds. */
export class SiteSchedule<Who> {
  #limit = 1
  /** The site has accepted a recipient or completed a transaction lately, so it is probably not a tarpit. */
  #serves = false
  /** When each transaction in progress began. */
  readonly #running = new Map<Who, number>()
  #waiting: Waiter<Who>[] = []
  readonly #width = new Width()
  readonly #breaker: Breaker
  readonly #slotTimes = new SlotTimes()
  readonly #returns = new Spread(RETURN_STEP_MS)
  readonly #allReturns: Spread

  /** `allReturns` is shared by all sites, and bounds the rate at which jobs of all resting sites return. */
  constructor(times: RestTimes, allReturns: Spread) {
    this.#breaker = new Breaker(times)
    this.#allReturns = allReturns
  }

  get running(): number {
    return this.#running.size
  }

  get waiting(): number {
    return this.#waiting.length
  }

  rests(now: number): boolean {
    return this.#breaker.state(now) !== 'closed'
  }

  /** How many simultaneous transactions the site may have now. */
  allowed(now: number): number {
    const state = this.#breaker.state(now)
    const extra = this.#serves ? Math.min(this.#stuck(now), MAX_EXTRA_FOR_STUCK) : 0
    const width = this.#width.value + extra
    if (state === 'closed') return Math.max(1, Math.min(width, this.#limit))
    return state === 'probing' ? 1 : 0
  }

  /** When the first waiter must have an answer; undefined without waiters. */
  get nextDeadline(): number | undefined {
    return this.#waiting[0]?.deadline
  }

  /** Requests a slot. `waits`: the answer follows from `answers`. */
  ask(who: Who, { limit, urgent = false, last = false }: SlotRequest, now: number): 'slot' | 'waits' | Later {
    this.#limit = limit
    if (urgent) this.#breaker.wake(now)
    // Waiters come first.
    if (this.#waiting.length === 0 && this.#hasRoom(last, now)) return this.#start(who, now)
    if (this.#waiting.length >= (last ? MAX_WAITERS : this.#maxWaiters(now))) return this.#later(now)
    this.#waiting.push({ who, last, deadline: now + MAX_WAIT_MS })
    return 'waits'
  }

  /** Removes and returns the waiters that have an answer now. */
  answers(now: number): { who: Who; answer: 'slot' | Later }[] {
    const answers: { who: Who; answer: 'slot' | Later }[] = []
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next.last, now); next = this.#waiting[0]) {
      this.#waiting.shift()
      answers.push({ who: next.who, answer: this.#start(next.who, now) })
    }
    // If the site has become narrower or slower, the newest waiters would wait too long.
    const maximum = this.#maxWaiters(now)
    if (this.#waiting.length <= maximum && now < (this.nextDeadline ?? Infinity)) return answers
    this.#waiting = this.#waiting.filter(({ who, last, deadline }, place) => {
      if (now < deadline && (last || place < maximum)) return true
      answers.push({ who, answer: this.#later(now) })
      return false
    })
    return answers
  }

  /** A transaction at the site reached its content. */
  tookRecipient(): void {
    this.#serves = true
  }

  /** The transaction of `who` has ended. Ignored if it was reported before. */
  done(who: Who, finding: Finding, now: number): void {
    const startedAt = this.#running.get(who)
    if (startedAt === undefined) return
    this.#running.delete(who)
    if (finding === 'unknown') return
    if (typeof finding === 'object') {
      this.#serves = false
      this.#width.halve()
      this.#breaker.failed(finding.unreachable, now)
      return
    }
    this.#serves = true
    this.#breaker.answered()
    this.#slotTimes.took(now - startedAt)
    if (finding === 'crowded') this.#width.halve()
    if (finding === 'works') this.#width.worked(this.#limit, now - startedAt > SLOW_MS)
  }

  #start(who: Who, now: number): 'slot' {
    this.#running.set(who, now)
    return 'slot'
  }

  #hasRoom(last: boolean, now: number): boolean {
    const room = last && this.rests(now) ? Math.min(MAX_LAST_ATTEMPTS, Math.max(1, this.#limit)) : this.allowed(now)
    return this.#running.size < room
  }

  /** How many waiters will get a slot in time, by the usual transaction time and the transactions that progress. A site that hangs has
   * none. */
  #maxWaiters(now: number): number {
    const progressing = this.#progressing(now)
    if (progressing === 0) return 0
    const inTime = Math.max(1, Math.floor((progressing * MAX_WAIT_MS) / this.#usualMs))
    const known = this.#slotTimes.transactionMs !== undefined
    return known
      ? Math.min(inTime, MAX_QUICK_WAITERS)
      : Math.min(inTime, progressing * WAITERS_A_CONNECTION, MAX_WAITERS)
  }

  get #usualMs(): number {
    return this.#slotTimes.transactionMs ?? UNKNOWN_MS
  }

  /** Transactions that take much longer than usual. */
  #stuck(now: number): number {
    const stuckMs = Math.max(MAX_WAIT_MS, 2 * this.#usualMs)
    let count = 0
    // The map is in the order in which they began.
    for (const startedAt of this.#running.values()) {
      if (now - startedAt < stuckMs) break
      count++
    }
    return count
  }

  /** Simultaneous transactions that the site may have, without the stuck ones. */
  #progressing(now: number): number {
    return Math.max(0, this.allowed(now) - this.#stuck(now))
  }

  #oldestMs(now: number): number {
    const [oldest] = this.#running.values()
    return oldest === undefined ? 0 : now - oldest
  }

  #later(now: number): Later {
    const state = this.#breaker.state(now)
    if (state === 'closed') {
      const [progressing, waiting] = [this.#progressing(now), this.#waiting.length]
      const isKnown = progressing > 0 && this.#slotTimes.transactionMs !== undefined
      const pace = isKnown
        ? { width: progressing, oldestMs: 0 }
        : { width: this.allowed(now), oldestMs: this.#oldestMs(now) }
      return { later: this.#slotTimes.next(now, { ...pace, waiting }) }
    }
    const rest = state === 'open' ? this.#breaker.remaining(now) : PROBE_LATER_MS
    const spread = Math.max(this.#returns.next(now), this.#allReturns.next(now))
    return { later: Math.ceil(rest + spread), trouble: this.#breaker.trouble }
  }
}
