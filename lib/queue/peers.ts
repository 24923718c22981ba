import type { Msg } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import { IN_FLIGHT_SUBJECT } from '@postrider/broker/names'
import { PeerRoster } from './peer-roster.ts'

/**
 * The other delivery workers. They are asked before an attempt that one of them may still be working on.
 *
 * The lease alone is not enough: a restarted broker forgets its last deliveries, and a lease can end while a remote is slow to answer the
 * final dot. The worker that has the attempt in flight keeps it. Nothing is stored here. A worker that cannot be reached does not answer,
 * nor does a worker of an earlier release; then only its lease and the events decide.
 */
export interface Peers {
  /** Whether another worker has this attempt in flight (see `attemptKey`). Never rejects. */
  haveInFlight(key: string): Promise<boolean>
  close(): void
}

export interface PeersOptions {
  /** Whether this process has an attempt in flight that it will finish. Once it returned false for an attempt, it never returns true
   * again. */
  inFlightHere: (key: string) => boolean
  /** Reports that the account may not ask or answer its peers, for example because the broker has not loaded its new accounts yet. */
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
  /** Indexes into the question's `keys`. */
  inFlight: number[]
}

interface Question {
  answered: Set<string>
  inFlight: Set<string>
  keys: string[]
  wake: () => void
}

/** How long a peer may take to answer: longer than its event loop is ever blocked under load. */
const ANSWER_MS = 3000
/** After a reconnect, known peers may take this long to reconnect as well. */
const REUNION_MS = 10_000
/** How long a worker that knows no peers waits for answers, after its start and after a reconnect. */
const INTRODUCTION_MS = 1500
/** A question is repeated this often, since a peer that was reconnecting did not receive it. */
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
      // The question tells peers that wait for this worker that it is back.
      void this.#drain()
    })
    void this.#drain()
  }

  haveInFlight(key: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ key, resolve })
      // After this iteration of the event loop, so that jobs that arrived together share a question.
      setImmediate(() => void this.#drain())
    })
  }

  close(): void {
    this.#closed = true
  }

  /** Asks one question at a time; keys that arrive in the meantime share the next one. */
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
      // Answers from before a reconnect say nothing about the time after it.
      if (reconnects !== this.#reconnects) {
        reconnects = this.#reconnects
        since = performance.now()
        question.answered.clear()
        bounds = this.#bounds()
      }
      const age = performance.now() - (since ?? 0)
      const allAnswered = this.#roster.missing(question.answered).length === 0
      if (this.#broker.connected && (age >= bounds.atMost || (age >= bounds.atLeast && allAnswered))) break
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
      // The connection is closed: the process is ending.
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

  /** Subscribes for the lifetime of the process. The connection renews subscriptions by itself, but a subscription that the broker
   * refuses ends and is retried here. */
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
