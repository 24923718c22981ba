import type { Consumer, JsMsg } from '@nats-io/jetstream'
import { domainOf } from '@postrider/mail/envelope'
import type { Broker } from './broker.ts'
import { DELIVERY_CONSUMER, JOBS, mailStream } from './names.ts'
import { quarantine } from './quarantine.ts'
import { contentIn, decodeJob, decodeRecord } from './record.ts'
import type { Job } from './record.ts'
import { NewerRecordError } from './stored.ts'
import { ACK_WAIT_MS } from './streams.ts'

/** A job that this process holds until it acknowledges it or gives it back. */
export interface Taken {
  job: Job
  /** The record's content, when the job came with it. */
  first?: Uint8Array
  /** The attempt may already have been settled by somebody: look it up before it is made. */
  suspect: boolean
  /** How often the broker has given it out, this time included. */
  deliveries: number
  /** The job is over; call only after its outcome is on disk. */
  ack(): void
  /** Gives the job back unattempted, to be taken again after a whole number of milliseconds. */
  postpone(delayMs: number): void
  /** The stream that the job came from. */
  stream: string
  /** While a job is set aside it stays in hand, but another one may be taken in its place. */
  setAside(aside: boolean): void
}

export interface Taker {
  readonly inFlight: number
  /** Takes no more; resolves when every job in hand has been handled. */
  stop(): Promise<void>
}

export interface TakeOptions {
  shards: number
  /** Jobs held at once from each stream, without those that are set aside. */
  capacity: number
  /** Never rejects: what it can't settle it leaves unacknowledged, and the broker gives it out again. */
  handle: (taken: Taken) => Promise<void>
  /** A record that can't be read, or the broker's refusal to hand out: for the log. */
  onError: (error: unknown, stream: string) => void
}

/** Destinations of a message in the order of its recipients. */
export const destinationsOf = (recipients: { address: string }[]): string[] => [
  ...new Set(recipients.map((recipient) => domainOf(recipient.address))),
]

/** Takes new messages and due jobs for as long as there is room in hand. */
export function takeJobs(broker: Broker, options: TakeOptions): Taker {
  const streams = [...Array.from({ length: options.shards }, (_, shard) => mailStream(shard)), JOBS]
  const loops = streams.map((stream) => new StreamTaker(broker, stream, options))
  const running = loops.map((loop) => loop.run())
  return {
    get inFlight() {
      return loops.reduce((sum, loop) => sum + loop.held.size, 0)
    },
    async stop() {
      for (const loop of loops) loop.stop()
      await Promise.all(running)
    },
  }
}

/** A fetch waits this long for something to come; also how long a stop can take when idle. */
const FETCH_MS = 5_000
const RENEW_MS = ACK_WAIT_MS / 3
/** A record that cannot be read now is given out again after this long. Milliseconds. */
const UNREADABLE_MS = 60_000

class StreamTaker {
  readonly held = new Map<JsMsg, Promise<void>>()
  readonly #aside = new Set<JsMsg>()
  readonly #broker: Broker
  readonly #stream: string
  readonly #options: TakeOptions
  #stopped = false
  /** Up to here the broker may have forgotten acknowledgements when it restarted. */
  #suspectUpTo = 0
  #endFetch: () => void = () => undefined
  #roomMade: () => void = () => undefined

  constructor(broker: Broker, stream: string, options: TakeOptions) {
    this.#broker = broker
    this.#stream = stream
    this.#options = options
    broker.onReconnect(() => {
      // A fetch that was under way is not answered by a restarted broker.
      this.#endFetch()
      void this.#suspectAll()
    })
  }

  async run(): Promise<void> {
    const renewal = setInterval(() => {
      for (const message of this.held.keys()) message.working()
    }, RENEW_MS)
    await this.#suspectAll()
    let consumer: Consumer | undefined
    while (!this.#stopped) {
      try {
        consumer ??= await this.#broker.js.consumers.get(this.#stream, DELIVERY_CONSUMER)
        await this.#room()
        await this.#fetch(consumer)
      } catch (error) {
        // The broker is away or restarting; what is in hand goes on.
        this.#options.onError(error, this.#stream)
        consumer = undefined
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
    await Promise.all(this.held.values())
    clearInterval(renewal)
  }

  stop(): void {
    this.#stopped = true
    this.#endFetch()
    this.#roomMade()
  }

  async #fetch(consumer: Consumer): Promise<void> {
    const room = this.#options.capacity - this.#counted
    if (room <= 0) return
    const batch = await consumer.fetch({ max_messages: room, expires: FETCH_MS })
    this.#endFetch = () => batch.stop()
    for await (const message of batch) {
      // Fetched in the moment of the stop: given back for somebody else.
      if (this.#stopped) message.nak()
      else this.#accept(message)
    }
  }

  #accept(message: JsMsg): void {
    let taken: Taken
    try {
      taken = this.#read(message)
    } catch (error) {
      this.#options.onError(error, this.#stream)
      this.held.set(
        message,
        this.#leave(message, error).finally(() => this.#released(message)),
      )
      return
    }
    const handled = this.#options
      .handle(taken)
      .catch((error: unknown) => this.#options.onError(error, this.#stream))
      .finally(() => this.#released(message))
    this.held.set(message, handled)
  }

  #released(message: JsMsg): void {
    this.held.delete(message)
    this.#aside.delete(message)
    this.#roomMade()
  }

  /** A record of a later release is for its workers. What no release can read goes to the quarantine; while that takes nothing, it is
   * given out again. */
  async #leave(message: JsMsg, error: unknown): Promise<void> {
    const { seq, headers, data, info } = message
    const kind = this.#stream === JOBS ? 'job' : 'message'
    try {
      if (error instanceof NewerRecordError) throw error
      const origin = { stream: this.#stream, seq }
      await quarantine(this.#broker, { kind, error, origin, deliveries: info.deliveryCount, headers, data })
      message.ack()
    } catch {
      message.nak(UNREADABLE_MS)
    }
  }

  #read(message: JsMsg): Taken {
    const { deliveryCount: deliveries } = message.info
    const suspect = deliveries > 1 || message.seq <= this.#suspectUpTo
    const hold = {
      suspect,
      deliveries,
      ack: () => message.ack(),
      postpone: (delayMs: number) => message.nak(Math.round(delayMs)),
      stream: this.#stream,
      setAside: (aside: boolean) => this.#setAside(message, aside),
    }
    if (this.#stream === JOBS) return { job: decodeJob(message.data), ...hold }
    const { envelope, parts } = decodeRecord(message.headers, message.data)
    const content = { stream: this.#stream, seq: message.seq, parts }
    const destination = destinationsOf(envelope.recipients)[0] ?? ''
    const first = contentIn(message.headers, message.data)
    return { job: { envelope, part: 0, attempt: 0, destination, content }, first, ...hold }
  }

  /** Jobs in hand that take up capacity. */
  get #counted(): number {
    return this.held.size - this.#aside.size
  }

  #setAside(message: JsMsg, aside: boolean): void {
    if (!aside) this.#aside.delete(message)
    else if (this.held.has(message)) this.#aside.add(message)
    this.#roomMade()
  }

  /** Waits until a quarter of the capacity is free: a fetch for each single job would cost a round trip a message. */
  async #room(): Promise<void> {
    while (!this.#stopped && this.#counted > this.#options.capacity * 0.75) {
      await new Promise<void>((resolve) => (this.#roomMade = resolve))
    }
  }

  /** Until the broker has told where it stands every sequence is looked up: a job may come before its answer does. */
  async #suspectAll(): Promise<void> {
    this.#suspectUpTo = Number.MAX_SAFE_INTEGER
    const info = await this.#broker.jsm.streams.info(this.#stream).catch(() => undefined)
    if (info !== undefined) this.#suspectUpTo = info.state.last_seq
  }
}
