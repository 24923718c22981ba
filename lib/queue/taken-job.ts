import type { JsMsg } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { Lease, RENEW_AFTER_MS } from './lease.ts'
import type { Job } from './job.ts'
import type { Phase } from './stop.ts'

/** What is known about a job when it is fetched. */
export interface TakenRecord {
  job: Job
  /** The content in the record, when the job was fetched with its record. */
  first?: Uint8Array
  stream: string
  /** The attempt may already have been settled, or be in flight elsewhere: this must be looked up before it is made. */
  suspect: boolean
  /** How often the broker has delivered it, this delivery included. */
  deliveries: number
  /** An attempt of this job cannot have been settled before that time, by the broker's clock. Milliseconds since the epoch. */
  since: number
  /** If it was settled after that time, then within the last minutes. By the broker's clock, too; undefined when there is no such time. */
  until?: number | undefined
}

/** Called with jobs that this worker may no longer finish. */
export type OnLost = (job: Job, phase: Phase) => void

export interface TakenDependencies {
  message: JsMsg
  broker: Broker
  /** Monotonic time at which the fetch was sent that returned the job, in milliseconds. */
  askedAt: number
  /** The job is no longer with this worker. */
  left: (job: TakenJob) => void
  setAside: (job: TakenJob, aside: boolean) => void
  /** The job goes back to the broker unattempted. */
  givenBack: (job: TakenJob) => void
  onLost: OnLost
}

/** How long a renewal of a stale lease may take just before the final dot. Milliseconds. */
const LAST_RENEWAL_MS = 3000
const RENEWAL_MS = 5000
const IN_PROGRESS = '+WPI'

/** A job in flight in this process, until it is acknowledged, given back, or let go of because its lease is lost. */
export class TakenJob {
  readonly job: Job
  readonly first?: Uint8Array
  readonly stream: string
  readonly suspect: boolean
  readonly deliveries: number
  readonly since: number
  readonly until?: number | undefined
  #phase: Phase = 'waiting'
  #over = false
  #lostReported = false
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
    this.until = record.until
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

  /** The job is no longer this worker's: its outcome must not be recorded. */
  get over(): boolean {
    return this.#over
  }

  /** Whether this worker will finish the job, as far as it knows. Lets go of a job whose lease turns out to be lost. */
  get inFlight(): boolean {
    if (this.#phase !== 'final') this.check()
    return !this.#over
  }

  /** The attempt begins. Returns false when the job is no longer this worker's; then nothing may be done. */
  begin(): boolean {
    if (!this.inFlight) return false
    if (this.#phase === 'waiting') this.#phase = 'begun'
    return true
  }

  /** The remote is ready for the content. */
  content(): void {
    if (this.#phase === 'begun') this.#phase = 'content'
  }

  /** Sets the question that is asked once more before the first final dot: whether the attempt must still be made. */
  confirmBeforeDot(stillOpen: () => Promise<boolean>): void {
    this.#stillOpen = stillOpen
  }

  /** The fence before the final dot: resolves to true when the final dot may be sent now. When the lease is stale, one renewal decides.
   * A worker that was cut off or suspended for too long gets false: another worker may be about to send the same message. */
  async finalDot(): Promise<boolean> {
    // Not asked after an earlier final dot of the same job: the outcome on disk is then this worker's own.
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
      // After an earlier final dot of the same job its outcome must still be recorded.
      if (this.#phase !== 'final') this.#letGo()
      return false
    }
    this.#phase = 'final'
    return true
  }

  /** The outcome is known and is being written, so a stop waits for it. Returns false when the job is no longer this worker's. */
  settling(): boolean {
    if (!this.inFlight) return false
    this.#phase = 'final'
    return true
  }

  /** Acknowledges the job; call only after its outcome is on disk. */
  ack(): void {
    if (this.#over) return
    this.#message.ack()
    this.#leave()
  }

  /** Gives the job back to the broker, to be delivered again after `delayMs`, rounded to whole milliseconds. */
  postpone(delayMs: number): void {
    if (this.#over) return
    // With a lease that is not fresh, the broker would apply this to the worker that has the job now.
    if (this.#lease.state(performance.now()) === 'fresh' && this.#broker.connected) {
      this.#message.nak(Math.round(delayMs))
      // A job that is settled in part is no longer the same job.
      if (this.#phase !== 'final') this.#givenBack(this)
    }
    this.#leave()
  }

  /** Gives the job back at once, and interrupts what it does at a remote. */
  giveBack(): void {
    const cuts = [...this.#cuts]
    this.postpone(0)
    for (const cut of cuts) cut()
  }

  /** A job that is set aside stays in flight, but does not count towards the capacity. */
  setAside(aside: boolean): void {
    if (!this.#over) this.#setAside(this, aside)
  }

  /** Another worker has the attempt in flight. This worker sends nothing to the broker: the job is delivered again when its lease ends,
   * unless the other worker acknowledges it. */
  leaveToOther(): void {
    this.#leave()
  }

  /** Registers `cut`, which interrupts the transaction with the remote when the job is let go of before its final dot. Returns a
   * function that removes it. */
  onCut(cut: () => void): () => void {
    this.#cuts.add(cut)
    return () => this.#cuts.delete(cut)
  }

  /** No other worker can have received the job until now. */
  get proven(): boolean {
    return this.#lease.state(performance.now()) !== 'lost'
  }

  get renewalDue(): boolean {
    const now = performance.now()
    if (this.#over) return false
    if (this.#lease.due(now)) return true
    // It no longer proves anything, but it keeps the broker from redelivering the job while this worker waits for the remote's reply.
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

  /** Lets go of the job when its lease is lost, unless its final dot has been sent. Either way the loss is reported once. */
  check(): void {
    if (this.#over || this.#lease.state(performance.now()) !== 'lost') return
    if (this.#phase !== 'final') this.#letGo()
    else this.#reportLost()
  }

  #letGo(): void {
    const cuts = [...this.#cuts]
    this.#reportLost()
    this.#leave()
    for (const cut of cuts) cut()
  }

  #reportLost(): void {
    if (this.#lostReported) return
    this.#lostReported = true
    this.#onLost(this.job, this.#phase)
  }

  #leave(): void {
    if (this.#over) return
    this.#over = true
    this.#cuts.clear()
    this.#left(this)
  }
}

/** The part of TakenJob that the steps of a delivery use. */
export type Taken = Pick<
  TakenJob,
  | 'job'
  | 'first'
  | 'stream'
  | 'suspect'
  | 'deliveries'
  | 'since'
  | 'until'
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
