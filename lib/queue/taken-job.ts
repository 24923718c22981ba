import type { JsMsg } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { Lease, RENEW_AFTER_MS } from './lease.ts'
import type { Job } from './job.ts'
import type { Phase } from './stop.ts'

/** What is known of a job when it is taken. */
export interface TakenRecord {
  job: Job
  /** The record's content, when the job came with it. */
  first?: Uint8Array
  stream: string
  /** The attempt may already have been settled, or be in flight elsewhere: look before it is made. */
  suspect: boolean
  /** How often the broker has given it out, this time included. */
  deliveries: number
  /** An attempt of this job cannot have been settled before that time, by the broker's clock. Milliseconds since the epoch. */
  since: number
}

/** Called with jobs that this worker may no longer finish. */
export type OnLost = (job: Job, phase: Phase) => void

export interface TakenDependencies {
  message: JsMsg
  broker: Broker
  /** Monotonic time at which the fetch was sent that brought the job. */
  askedAt: number
  /** The job is not in this worker's hand any more. */
  left: (job: TakenJob) => void
  setAside: (job: TakenJob, aside: boolean) => void
  /** The job goes back to the broker, and was not attempted. */
  givenBack: (job: TakenJob) => void
  onLost: OnLost
}

/** How long a renewal may take that is sent for a stale lease just before the final dot. */
const LAST_RENEWAL_MS = 3000
const RENEWAL_MS = 5000
const IN_PROGRESS = '+WPI'

/** A job that this process holds until it acknowledges it, gives it back, or has to let it go. */
export class TakenJob {
  readonly job: Job
  readonly first?: Uint8Array
  readonly stream: string
  readonly suspect: boolean
  readonly deliveries: number
  readonly since: number
  #phase: Phase = 'waiting'
  #over = false
  #lostTold = false
  #renewedAt = 0
  readonly #lease: Lease
  readonly #message: JsMsg
  readonly #broker: Broker
  readonly #left: (job: TakenJob) => void
  readonly #onLost: OnLost
  readonly #setAside: TakenDependencies['setAside']
  readonly #givenBack: TakenDependencies['givenBack']
  readonly #cuts = new Set<() => void>()
  #stillOpen: (() => Promise<boolean>) | undefined

  constructor(record: TakenRecord, given: TakenDependencies) {
    this.job = record.job
    if (record.first !== undefined) this.first = record.first
    this.stream = record.stream
    this.suspect = record.suspect
    this.deliveries = record.deliveries
    this.since = record.since
    this.#message = given.message
    this.#broker = given.broker
    this.#lease = new Lease(given.askedAt)
    this.#left = given.left
    this.#onLost = given.onLost
    this.#setAside = given.setAside
    this.#givenBack = given.givenBack
  }

  get phase(): Phase {
    return this.#phase
  }

  /** It is not this worker's any more: whatever came of it is not to be written down. */
  get over(): boolean {
    return this.#over
  }

  /** Whether this worker will finish it, as far as it knows. A job that it may not finish any more is let go by the question. */
  get inFlight(): boolean {
    if (this.#phase !== 'final') this.check()
    return !this.#over
  }

  /** The attempt begins: false when the job is no longer this worker's, and nothing is to be done. */
  begin(): boolean {
    if (!this.inFlight) return false
    if (this.#phase === 'waiting') this.#phase = 'begun'
    return true
  }

  /** The remote waits for the content. */
  content(): void {
    if (this.#phase === 'begun') this.#phase = 'content'
  }

  /** What is asked once more before the first final dot: whether the attempt is still to be made. */
  confirmBeforeDot(stillOpen: () => Promise<boolean>): void {
    this.#stillOpen = stillOpen
  }

  /** The fence: the final dot may be sent, and now. When the lease is stale, one renewal decides. A worker that was cut off or stood
   * still for too long gets false: another one may be about to send the same message. */
  async finalDot(): Promise<boolean> {
    // Not after an earlier final dot of the same job: what is on disk then is its own.
    if (!this.#over && this.#phase !== 'final' && this.#stillOpen !== undefined) {
      const open = await this.#stillOpen().catch(() => false)
      if (!open) this.leaveToOther()
    }
    const now = performance.now()
    if (!this.#over && this.#lease.state(now) === 'stale') {
      await this.renew(Math.min(LAST_RENEWAL_MS, this.#lease.timeLeft(now)))
    }
    if (this.#over) return false
    if (this.#lease.state(performance.now()) !== 'fresh') {
      // After an earlier final dot of the same job its outcome must be written down all the same.
      if (this.#phase !== 'final') this.#letGo()
      return false
    }
    this.#phase = 'final'
    return true
  }

  /** The outcome is known and is being written: a stop waits for it. False when the job is no longer this worker's. */
  settling(): boolean {
    if (!this.inFlight) return false
    this.#phase = 'final'
    return true
  }

  /** The job is over; call only after its outcome is on disk. */
  ack(): void {
    if (this.#over) return
    this.#message.ack()
    this.#leave()
  }

  /** Gives the job back unattempted, to be taken again after a whole number of milliseconds. */
  postpone(delayMs: number): void {
    if (this.#over) return
    // The broker would take it for the word of whoever holds the job by now.
    if (this.#lease.state(performance.now()) === 'fresh' && this.#broker.connected) {
      this.#message.nak(Math.round(delayMs))
      // Once it is settled in part it is no longer as it was.
      if (this.#phase !== 'final') this.#givenBack(this)
    }
    this.#leave()
  }

  /** Gives the job back at once, and ends what it does at a remote. */
  giveBack(): void {
    const cuts = [...this.#cuts]
    this.postpone(0)
    for (const cut of cuts) cut()
  }

  /** While a job is set aside it stays in hand, but another one may be taken in its place. */
  setAside(aside: boolean): void {
    if (!this.#over) this.#setAside(this, aside)
  }

  /** Another worker has the attempt in flight. This one does nothing: the job comes again when its lease ends, or never. */
  leaveToOther(): void {
    this.#leave()
  }

  /** `cut` ends what goes on at the remote, when the job has to be let go before its final dot. Returns what takes that back. */
  onCut(cut: () => void): () => void {
    this.#cuts.add(cut)
    return () => this.#cuts.delete(cut)
  }

  /** No other worker can have been given the job until now. */
  get proven(): boolean {
    return this.#lease.state(performance.now()) !== 'lost'
  }

  get renewalDue(): boolean {
    const now = performance.now()
    if (this.#over) return false
    if (this.#lease.due(now)) return true
    // Nothing is proved by it any more, but while the end is waited for the broker does not give the job out again and again.
    return this.#phase === 'final' && this.#lease.state(now) === 'lost' && now - this.#renewedAt >= RENEW_AFTER_MS
  }

  /** Asks the broker for more time and waits for its confirmation. */
  async renew(timeoutMs = RENEWAL_MS): Promise<void> {
    const sentAt = performance.now()
    this.#renewedAt = sentAt
    if (timeoutMs < 1 || !this.#broker.connected) return
    // The client library has no confirmed renewal. The broker answers each acknowledgement that names a reply (consumer.go, processAck).
    const { reply } = this.#message as JsMsg & { reply: string }
    try {
      await this.#broker.nc.request(reply, IN_PROGRESS, { timeout: timeoutMs })
      this.#lease.confirmed(sentAt, performance.now())
    } catch {
      // Not confirmed: the lease grows older.
    }
  }

  /** Lets the job go when its lease is lost, unless its final dot has been sent. */
  check(): void {
    if (this.#over || this.#lease.state(performance.now()) !== 'lost') return
    if (this.#phase !== 'final') this.#letGo()
    else this.#tellLost()
  }

  #letGo(): void {
    const cuts = [...this.#cuts]
    this.#tellLost()
    this.#leave()
    for (const cut of cuts) cut()
  }

  #tellLost(): void {
    if (this.#lostTold) return
    this.#lostTold = true
    this.#onLost(this.job, this.#phase)
  }

  #leave(): void {
    if (this.#over) return
    this.#over = true
    this.#cuts.clear()
    this.#left(this)
  }
}

/** What the steps of a delivery need of a taken job. */
export type Taken = Pick<
  TakenJob,
  | 'job'
  | 'first'
  | 'stream'
  | 'suspect'
  | 'deliveries'
  | 'since'
  | 'over'
  | 'inFlight'
  | 'proven'
  | 'begin'
  | 'content'
  | 'confirmBeforeDot'
  | 'finalDot'
  | 'settling'
  | 'ack'
  | 'postpone'
  | 'setAside'
  | 'leaveToOther'
  | 'onCut'
>
