import type { Msg } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import { IN_FLIGHT_SUBJECT } from '@postrider/broker/names'
import { PeerRoster } from './peer-roster.ts'

/** The other delivery workers, who are asked before a job is attempted that one of them may still be working on.
 *
 * A lease alone does not tell: a restarted broker forgets its last deliveries, and a lease can end while a remote takes its time to
 * answer the final dot. Whoever has the attempt in flight keeps it. Nothing here is stored: a worker that can't be reached does not
 * answer, and then only its lease and the events decide. Workers of earlier releases do not answer either. */
export interface Peers {
  /** Whether another worker has this attempt in flight (see `attemptKey`). Never rejects. */
  haveInFlight(key: string): Promise<boolean>
  close(): void
}

export interface PeersOptions {
  /** Whether this process has an attempt in flight that it will finish. A `no` is final. */
  inFlightHere: (key: string) => boolean
  /** The account may not ask or hear its peers, as with a broker that has yet to read its new accounts. */
  onError: (error: unknown) => void
}

interface Ask {
  from: string
  number: number
  keys: string[]
}

interface Answer {
  from: string
  number: number
  /** Places in the question's `keys`. */
  inFlight: number[]
}

interface Question {
  answered: Set<string>
  inFlight: Set<string>
  keys: string[]
  wake: () => void
}

/** How long a peer may take to answer: longer than its event loop ever stands still under load. */
const ANSWER_MS = 3000
/** After a reconnect those known from before may take this long to find the broker again. */
const REUNION_MS = 10_000
/** How long a worker that knows nobody listens for others, at its start and after a reconnect. */
const INTRODUCTION_MS = 1500
/** A peer that reconnects in the middle of a question has not heard it. */
const REPEAT_MS = 250
const RESUBSCRIBE_MS = 30_000
const MAX_KEYS = 500

export function joinPeers(broker: Broker, options: PeersOptions): Peers {
  return new PeerGroup(broker, options)
}

class PeerGroup implements Peers {
  readonly #id = crypto.randomUUID()
  readonly #broker: Broker
  readonly #options: PeersOptions
  readonly #roster = new PeerRoster()
  readonly #inbox: string
  readonly #questions = new Map<number, Question>()
  #number = 0
  #waiting: { key: string; resolve: (inFlight: boolean) => void }[] = []
  #asking = false
  /** False after a start and after a reconnect, until the first question since then is over. */
  #introduced = false
  #reconnects = 0
  #closed = false

  constructor(broker: Broker, options: PeersOptions) {
    this.#broker = broker
    this.#options = options
    this.#inbox = broker.newInbox()
    this.#listen(IN_FLIGHT_SUBJECT, (message) => this.#onAsk(message))
    this.#listen(this.#inbox, (message) => this.#onAnswer(message))
    broker.onReconnect(() => {
      this.#reconnects++
      this.#introduced = false
      // Those who wait for this worker hear that it is back.
      void this.#drain()
    })
    void this.#drain()
  }

  haveInFlight(key: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ key, resolve })
      // After this turn of the loop, so that jobs that came together share a question.
      setImmediate(() => void this.#drain())
    })
  }

  close(): void {
    this.#closed = true
  }

  /** One question after the other; keys that come meanwhile share the next one. */
  async #drain(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    while (!this.#closed && (this.#waiting.length > 0 || !this.#introduced)) {
      const batch = this.#waiting.splice(0, MAX_KEYS)
      const inFlight = await this.#ask(batch.map(({ key }) => key))
      for (const { key, resolve } of batch) resolve(inFlight.has(key))
    }
    this.#asking = false
  }

  async #ask(keys: string[]): Promise<ReadonlySet<string>> {
    const question: Question = { keys, answered: new Set(), inFlight: new Set(), wake: () => undefined }
    const number = ++this.#number
    this.#questions.set(number, question)
    let since: number | undefined
    let reconnects = -1
    let bounds = { atLeast: 0, atMost: 0 }
    while (!this.#closed) {
      // A question that was asked before the connection was lost says nothing about the time after it.
      if (reconnects !== this.#reconnects) {
        reconnects = this.#reconnects
        since = performance.now()
        question.answered.clear()
        bounds = this.#bounds()
      }
      const age = performance.now() - (since ?? 0)
      const everybody = this.#roster.missing(question.answered).length === 0
      if (this.#broker.connected && (age >= bounds.atMost || (age >= bounds.atLeast && everybody))) break
      this.#publish({ from: this.#id, number, keys })
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, REPEAT_MS)
        question.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#introduced = true
    this.#questions.delete(number)
    this.#roster.over(question.answered)
    return question.inFlight
  }

  #bounds(): { atLeast: number; atMost: number } {
    if (this.#introduced) return { atLeast: 0, atMost: ANSWER_MS }
    const known = this.#roster.missing(new Set()).length > 0
    return known ? { atLeast: 0, atMost: REUNION_MS } : { atLeast: INTRODUCTION_MS, atMost: INTRODUCTION_MS }
  }

  #publish(ask: Ask): void {
    try {
      this.#broker.nc.publish(IN_FLIGHT_SUBJECT, JSON.stringify(ask), { reply: this.#inbox })
    } catch (error) {
      // The connection is closed: the process ends.
      this.#options.onError(error)
    }
  }

  #onAsk(message: Msg): void {
    const { from, number, keys } = message.json<Ask>()
    if (from === this.#id) return
    this.#roster.heard(from)
    const inFlight = keys.flatMap((key, place) => (this.#options.inFlightHere(key) ? [place] : []))
    const answer: Answer = { from: this.#id, number, inFlight }
    message.respond(JSON.stringify(answer))
  }

  #onAnswer(message: Msg): void {
    const { from, number, inFlight } = message.json<Answer>()
    this.#roster.heard(from)
    const question = this.#questions.get(number)
    if (question === undefined) return
    question.answered.add(from)
    for (const place of inFlight) {
      const key = question.keys[place]
      if (key !== undefined) question.inFlight.add(key)
    }
    question.wake()
  }

  /** Subscribes for as long as the process lives. The connection renews subscriptions by itself; a broker that refuses one ends it. */
  #listen(subject: string, hear: (message: Msg) => void): void {
    if (this.#closed || this.#broker.nc.isClosed()) return
    const callback = (error: Error | null, message: Msg): void => {
      try {
        if (error !== null) throw error
        hear(message)
      } catch (failure) {
        this.#options.onError(failure)
      }
    }
    const subscription = this.#broker.nc.subscribe(subject, { callback })
    void Promise.resolve(subscription.closed).then(() => {
      setTimeout(() => this.#listen(subject, hear), RESUBSCRIBE_MS).unref()
    })
  }
}
