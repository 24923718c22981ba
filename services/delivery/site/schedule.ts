import { Breaker } from './breaker.ts'
import type { RestTimes } from './breaker.ts'
import type { Finding } from './findings.ts'
import { SlotTimes } from './slot-times.ts'
import { Spread } from './spread.ts'
import { Width } from './width.ts'

/** A transaction that runs for longer than this is slow. Milliseconds. */
const SLOW_MS = 3000
/** Who waits in memory for a slot has an answer after this long. */
export const MAX_WAIT_MS = 3000
/** Waiters kept for a site: they take up the capacity of everybody. A site that has shown that it is quick has as many as get their
 * turn in time, since to give a job back costs the broker more than to keep it. */
const MAX_WAITERS = 60
const MAX_QUICK_WAITERS = 400
/** For each connection that an unknown site may have. */
const WAITERS_A_CONNECTION = 5
/** Assumed of a site that has not ended a transaction yet: it gets few waiters. */
const UNKNOWN_MS = 1500
/** Transactions that take much longer than others get so many beside them: a remote that thinks for minutes about one message does not keep
 * the others of its site waiting. */
const MAX_BESIDE_STUCK = 3
/** Jobs of a site that rests come back at this pace once the rest is over. */
const RETURN_STEP_MS = 10
/** While a probe is under way the others look again after this long. */
const PROBE_LATER_MS = 1000
/** Messages that expire now may be attempted at a site that rests, so many at once. */
const MAX_LAST_ATTEMPTS = 5

/** The site has no room: come back after so many milliseconds (whole). */
export interface Later {
  later: number
  /** Why the site can't be reached, when it is down. */
  trouble?: string
  /** The reason is on our side: no message expires for it. */
  ours?: boolean
}

export interface Wish {
  /** Connections that the route's policy allows the site. */
  limit: number
  /** An operator wants this attempt: a site that rests is probed at once. */
  urgent?: boolean
  /** The last attempt before the message expires: made even while the site rests. */
  last?: boolean
}

interface Waiter<Who> {
  who: Who
  last: boolean
  deadline: number
}

/** Decides who may have a transaction at a site, who waits for one, and when the others come back. Pure: knows neither connections
 * nor timers. Times are monotonic milliseconds. */
export class SiteSchedule<Who> {
  #limit = 1
  /** It has taken a recipient, or ended a transaction: it is not a tarpit, or a generous one. */
  #serves = false
  /** When each transaction under way began. */
  readonly #running = new Map<Who, number>()
  #waiting: Waiter<Who>[] = []
  readonly #width = new Width()
  readonly #breaker: Breaker
  readonly #slotTimes = new SlotTimes()
  readonly #returns = new Spread(RETURN_STEP_MS)
  readonly #allReturns: Spread

  /** `allReturns` is shared by all sites: together the jobs of those that rest come back no faster than it says. */
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

  /** Transactions that the site may have at once. */
  allowed(now: number): number {
    const state = this.#breaker.state(now)
    const beside = this.#serves ? Math.min(this.#stuck(now), MAX_BESIDE_STUCK) : 0
    const width = this.#width.value + beside
    if (state === 'closed') return Math.max(1, Math.min(width, this.#limit))
    return state === 'probing' ? 1 : 0
  }

  /** When the first waiter must have an answer. */
  get nextDeadline(): number | undefined {
    return this.#waiting[0]?.deadline
  }

  ask(who: Who, { limit, urgent = false, last = false }: Wish, now: number): 'slot' | 'waits' | Later {
    this.#limit = limit
    if (urgent) this.#breaker.wake(now)
    // Those who wait go first.
    if (this.#waiting.length === 0 && this.#hasRoom(last, now)) return this.#start(who, now)
    if (this.#waiting.length >= (last ? MAX_WAITERS : this.#maxWaiters(now))) return this.#later(now)
    this.#waiting.push({ who, last, deadline: now + MAX_WAIT_MS })
    return 'waits'
  }

  /** Waiters who have an answer now; each is named once. */
  answers(now: number): { who: Who; answer: 'slot' | Later }[] {
    const answers: { who: Who; answer: 'slot' | Later }[] = []
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next.last, now); next = this.#waiting[0]) {
      this.#waiting.shift()
      answers.push({ who: next.who, answer: this.#start(next.who, now) })
    }
    // The site may have become narrower or slower: those who came last would wait too long.
    const most = this.#maxWaiters(now)
    if (this.#waiting.length <= most && now < (this.nextDeadline ?? Infinity)) return answers
    this.#waiting = this.#waiting.filter(({ who, last, deadline }, place) => {
      if (now < deadline && (last || place < most)) return true
      answers.push({ who, answer: this.#later(now) })
      return false
    })
    return answers
  }

  /** A transaction got as far as its content. */
  tookRecipient(): void {
    this.#serves = true
  }

  /** A transaction is over. */
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

  /** As many as will have their turn in time, going by how long transactions take, at the connections that get on: a site that hangs has
   * no waiters. */
  #maxWaiters(now: number): number {
    const moving = this.#moving(now)
    if (moving === 0) return 0
    const inTime = Math.max(1, Math.floor((moving * MAX_WAIT_MS) / this.#usualMs))
    const known = this.#slotTimes.transactionMs !== undefined
    return known ? Math.min(inTime, MAX_QUICK_WAITERS) : Math.min(inTime, moving * WAITERS_A_CONNECTION, MAX_WAITERS)
  }

  get #usualMs(): number {
    return this.#slotTimes.transactionMs ?? UNKNOWN_MS
  }

  /** Transactions that take much longer than others. */
  #stuck(now: number): number {
    const stuckMs = Math.max(MAX_WAIT_MS, 2 * this.#usualMs)
    let count = 0
    // In the order in which they began.
    for (const startedAt of this.#running.values()) {
      if (now - startedAt < stuckMs) break
      count++
    }
    return count
  }

  /** Transactions that the site may have at once, without those that hang. */
  #moving(now: number): number {
    return Math.max(0, this.allowed(now) - this.#stuck(now))
  }

  #oldestMs(now: number): number {
    const [oldest] = this.#running.values()
    return oldest === undefined ? 0 : now - oldest
  }

  #later(now: number): Later {
    const state = this.#breaker.state(now)
    if (state === 'closed') {
      const [moving, waiting] = [this.#moving(now), this.#waiting.length]
      const getsOn = moving > 0 && this.#slotTimes.transactionMs !== undefined
      const pace = getsOn ? { width: moving, oldestMs: 0 } : { width: this.allowed(now), oldestMs: this.#oldestMs(now) }
      return { later: this.#slotTimes.next(now, { ...pace, waiting }) }
    }
    const rest = state === 'open' ? this.#breaker.remaining(now) : PROBE_LATER_MS
    const spread = Math.max(this.#returns.next(now), this.#allReturns.next(now))
    return { later: Math.ceil(rest + spread), trouble: this.#breaker.trouble }
  }
}
