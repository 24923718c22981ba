import { setTimeout as pause } from 'node:timers/promises'
import type { Consumer, JsMsg } from '@nats-io/jetstream'
import { domainOf } from '@postrider/mail/envelope'
import type { Broker } from '@postrider/broker/connection'
import { GivenBack } from './given-back.ts'
import { LookBack } from './look-back.ts'
import { DELIVERY_CONSUMER, EVENTS, JOBS, eventSubject, mailStream } from '@postrider/broker/names'
import { quarantine } from './quarantine.ts'
import { againSince, contentIn, decodeRecord } from './record.ts'
import { decodeJob } from './job.ts'
import type { Job } from './job.ts'
import { renewLeases } from './renew.ts'
import { INDEX_LIMITS } from './settled-index.ts'
import { brokerTime } from './settled.ts'
import { atStop } from './stop.ts'
import { NewerRecordError } from '@postrider/broker/stored'
import type { StopBounds } from './stop.ts'
import { TakenJob } from './taken-job.ts'
import type { OnLost, Taken, TakenRecord } from './taken-job.ts'

export type { Taken } from './taken-job.ts'

export interface Taker {
  readonly inFlight: number
  /** Fetches no more jobs. Jobs whose attempt has not reached the content go back to the queue at once; resolves when the others are
   * done or their time is over. */
  stop(bounds?: StopBounds): Promise<void>
}

export interface TakeOptions {
  shards: number
  /** Jobs in flight from each stream, not counting those that are set aside. */
  capacity: number
  /** Must not reject: a job that it cannot settle stays unacknowledged, and the broker delivers it again. */
  handle: (taken: Taken) => Promise<void>
  /** Reports a record that cannot be read, or a failed fetch, for the log. */
  onError: (error: unknown, stream: string) => void
  /** The lease of a job could not be confirmed in time. */
  onLost?: OnLost
}

/** The destinations of a message, in the order of its recipients. */
export const destinationsOf = (recipients: { address: string }[]): string[] => [
  ...new Set(recipients.map((recipient) => domainOf(recipient.address))),
]

/** Fetches new messages and due jobs whenever there is free capacity. */
export function takeJobs(broker: Broker, options: TakeOptions): Taker {
  const streams = [...Array.from({ length: options.shards }, (_, shard) => mailStream(shard)), JOBS]
  const loops = streams.map((stream) => new StreamTaker(broker, stream, options))
  const running = loops.map((loop) => loop.run())
  return {
    get inFlight() {
      return loops.reduce((sum, loop) => sum + loop.held.size, 0)
    },
    async stop(bounds = { contentMs: Infinity, finalMs: Infinity }) {
      await Promise.all(loops.map((loop) => loop.stop(bounds)))
      await Promise.all(running)
      if (broker.connected) await Promise.race([broker.nc.flush().catch(() => undefined), pause(FLUSH_MS)])
    },
  }
}

/** How long a fetch waits for jobs. Milliseconds. */
const FETCH_MS = 5_000
/** How often a stop checks the jobs that are still in flight. Milliseconds. */
const STOP_STEP_MS = 100
/** How long a stop waits for the last acknowledgements to be sent. Milliseconds. */
const FLUSH_MS = 2000
const RETRY_MS = 500
/** A record that cannot be read at the moment is delivered again after this long. Milliseconds. */
const UNREADABLE_MS = 60_000

class StreamTaker {
  readonly held = new Set<TakenJob>()
  readonly #aside = new Set<TakenJob>()
  readonly #broker: Broker
  readonly #stream: string
  readonly #options: TakeOptions
  #stopped = false
  /** Number of records that are being put into the quarantine. */
  #unreadable = 0
  /** Up to this sequence a restarted broker may have forgotten acknowledgements. */
  #suspectUpTo = Number.MAX_SAFE_INTEGER
  #reconnects = 0
  #lookBack = new LookBack(performance.now())
  readonly #givenBack = new GivenBack()
  #endFetch: () => void = () => undefined
  #roomMade: () => void = () => undefined

  constructor(broker: Broker, stream: string, options: TakeOptions) {
    this.#broker = broker
    this.#stream = stream
    this.#options = options
    broker.onReconnect(() => {
      // A restarted broker does not answer a pending fetch.
      this.#endFetch()
      void this.#suspectAll()
    })
  }

  async run(): Promise<void> {
    const renewals = renewLeases(this.#broker, this.held)
    await this.#begin()
    let consumer: Consumer | undefined
    while (!this.#stopped) {
      try {
        consumer ??= await this.#broker.js.consumers.get(this.#stream, DELIVERY_CONSUMER)
        await this.#room()
        await this.#fetch(consumer)
      } catch (error) {
        // The broker is away or restarting; jobs in flight continue.
        this.#options.onError(error, this.#stream)
        consumer = undefined
        await pause(RETRY_MS)
      }
    }
    while (this.held.size + this.#unreadable > 0) await pause(STOP_STEP_MS)
    renewals.stop()
  }

  async stop(bounds: StopBounds): Promise<void> {
    this.#stopped = true
    this.#endFetch()
    this.#roomMade()
    const askedAt = performance.now()
    for (;;) {
      const elapsed = performance.now() - askedAt
      for (const taken of [...this.held]) {
        const end = atStop(taken.phase, elapsed, bounds)
        if (end === 'give-back') taken.giveBack()
        if (end === 'leave') taken.leaveToOther()
      }
      if (this.held.size === 0) return
      await pause(STOP_STEP_MS)
    }
  }

  async #fetch(consumer: Consumer): Promise<void> {
    const room = this.#options.capacity - this.#counted
    if (room <= 0) return
    // The leases of the fetched jobs count from here: the broker delivers nothing before it is asked.
    const askedAt = performance.now()
    const reconnects = this.#reconnects
    const batch = await consumer.fetch({ max_messages: room, expires: FETCH_MS })
    this.#endFetch = () => batch.stop()
    let count = 0
    for await (const message of batch) {
      count++
      // Fetched just when the stop was requested: given back for another worker.
      if (this.#stopped) message.nak()
      else this.#accept(message, askedAt)
    }
    // A fetch that was interrupted by a lost connection does not prove that the broker had no more jobs.
    const isWhole = this.#broker.connected && reconnects === this.#reconnects
    if (count < room && isWhole) this.#lookBack.caughtUp(askedAt)
  }

  #accept(message: JsMsg, askedAt: number): void {
    let record: TakenRecord
    try {
      record = this.#read(message)
    } catch (error) {
      this.#options.onError(error, this.#stream)
      this.#unreadable++
      void this.#handleUnreadable(message, error).finally(() => {
        this.#unreadable--
        this.#roomMade()
      })
      return
    }
    const taken = new TakenJob(record, {
      message,
      broker: this.#broker,
      askedAt,
      onLost: this.#options.onLost ?? (() => undefined),
      left: (job) => this.#left(job),
      setAside: (job, aside) => this.#setAside(job, aside),
      givenBack: ({ suspect, job, deliveries }) => {
        // A suspect job stays suspect: another worker may have had it before.
        const doubtful = suspect || job.again === true
        if (!doubtful && this.#isSingleServer) this.#givenBack.add(message.seq, deliveries)
      },
    })
    this.held.add(taken)
    void this.#options
      .handle(taken)
      .catch((error: unknown) => this.#options.onError(error, this.#stream))
      // A job that was not settled stays unacknowledged.
      .finally(() => taken.leaveToOther())
  }

  /** In a cluster, a new leader may count a delivery again that the previous leader made. */
  get #isSingleServer(): boolean {
    return this.#broker.nc.info?.cluster === undefined
  }

  /** Handles a record that cannot be read. A record of a later release is left to workers of that release. Any other goes to the
   * quarantine; while the quarantine does not accept it, the broker delivers it again later. */
  async #handleUnreadable(message: JsMsg, error: unknown): Promise<void> {
    const { seq, headers, data, info } = message
    const kind = this.#stream === JOBS ? 'job' : 'message'
    try {
      if (error instanceof NewerRecordError) throw error
      const origin = { stream: this.#stream, seq }
      await quarantine(this.#broker, { kind, error, origin, deliveries: info.deliveryCount, headers, data })
      message.ack()
    } catch (cause) {
      if (!(cause instanceof NewerRecordError)) this.#options.onError(cause, this.#stream)
      message.nak(UNREADABLE_MS)
    }
  }

  #read(message: JsMsg): TakenRecord {
    const { info, seq, headers, data } = message
    const { deliveryCount: deliveries } = info
    const wasWithOther = deliveries > 1 && !this.#givenBack.isNext(seq, deliveries)
    const suspect = wasWithOther || seq <= this.#suspectUpTo
    const storedAt = info.timestampNanos / 1e6
    const stream = this.#stream
    const bounds = (again?: number): Pick<TakenRecord, 'since' | 'until'> => {
      const copy = { storedAt, deliveries, ...(again === undefined ? {} : { again }) }
      return { since: this.#lookBack.since(performance.now(), copy), until: this.#lookBack.until }
    }
    if (stream === JOBS) {
      const job = decodeJob(data)
      const again = job.again === true ? (job.since ?? storedAt - INDEX_LIMITS.maxAgeMs) : undefined
      return { job, suspect, deliveries, ...bounds(again), stream }
    }
    const { envelope, parts } = decodeRecord(headers, data)
    const destination = destinationsOf(envelope.recipients)[0] ?? ''
    const again = againSince(headers)
    const content = { stream, seq, parts }
    const job: Job = {
      envelope,
      part: 0,
      attempt: 0,
      destination,
      content,
      ...(again === undefined ? {} : { again: true }),
    }
    return { job, first: contentIn(headers, data), suspect, deliveries, ...bounds(again), stream }
  }

  /** Jobs in flight that count towards the capacity. */
  get #counted(): number {
    return this.held.size - this.#aside.size + this.#unreadable
  }

  #setAside(taken: TakenJob, aside: boolean): void {
    if (!aside) this.#aside.delete(taken)
    else if (this.held.has(taken)) this.#aside.add(taken)
    this.#roomMade()
  }

  #left(taken: TakenJob): void {
    this.held.delete(taken)
    this.#aside.delete(taken)
    this.#roomMade()
  }

  /** Waits until a quarter of the capacity is free: a fetch for each single job would cost one round trip per message. */
  async #room(): Promise<void> {
    while (!this.#stopped && this.#counted > this.#options.capacity * 0.75) {
      await new Promise<void>((resolve) => (this.#roomMade = resolve))
    }
  }

  /** Takes into account how long no worker has run, by the age of the last event of delivery. */
  async #begin(): Promise<void> {
    try {
      const last = await this.#broker.jsm.direct.getMessage(EVENTS, { last_by_subj: eventSubject('delivery') })
      const now = brokerTime(await this.#broker.jsm.streams.info(EVENTS))
      if (last !== null) this.#lookBack = new LookBack(performance.now(), Math.max(0, now - last.time.getTime()))
    } catch (error) {
      this.#options.onError(error, this.#stream)
    }
    await this.#suspectAll()
  }

  /** Treats every record that the stream has now as a possible duplicate; until the stream's last sequence is known, every job. */
  async #suspectAll(): Promise<void> {
    const reconnects = ++this.#reconnects
    this.#suspectUpTo = Number.MAX_SAFE_INTEGER
    this.#lookBack.lost()
    this.#givenBack.clear()
    while (!this.#stopped && reconnects === this.#reconnects) {
      try {
        const info = await this.#broker.jsm.streams.info(this.#stream)
        if (reconnects !== this.#reconnects) return
        this.#lookBack.clock(performance.now(), brokerTime(info))
        this.#suspectUpTo = info.state.last_seq
        return
      } catch (error) {
        this.#options.onError(error, this.#stream)
        await pause(RETRY_MS)
      }
    }
  }
}
