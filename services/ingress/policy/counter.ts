import type { KV, KvEntry } from '@nats-io/kv'
import { writeFailure } from '@postrider/broker/write-failure'
import { NewerRecordError } from '@postrider/broker/stored'
import type { Accounts } from './accounts.ts'

/** The methods of a bucket that a counter uses. */
export type Bucket = Pick<KV, 'get' | 'put'>

/** How a stored value is decoded and encoded. */
export interface Codec<State> {
  /** The state of an account without a stored value. */
  empty: State
  /** Throws for a value that it cannot read; NewerRecordError for one of a later release. */
  decode(entry: KvEntry): State
  /** Called for a value that could not be read. The account starts with `empty`, and the next change overwrites the value. */
  bad?: (entry: KvEntry, error: unknown) => void
  encode(state: State): string | Uint8Array
}

/** The outcome of a request. `state` is the same object when nothing has to be written. */
export interface Change<State, Result> {
  state: State
  result: Result
  /** True if the result is valid even when another process has changed the value since it was read: the value is not read again. */
  staleOk?: boolean
}

interface Request<State> {
  apply(state: State, now: number): { state: State; staleOk: boolean }
  resolve(): void
  reject(error: unknown): void
}

/** One value in a KV bucket of the broker, changed by compare-and-set on its revision, so that two processes cannot both use the last unit
 * of a limit. Requests that arrive during a write share the next one. */
export class Counter<State> {
  readonly #kv: Bucket
  readonly #key: string
  readonly #codec: Codec<State>
  readonly #clock: () => number
  readonly #waiting: Request<State>[] = []
  #state: State
  /** Revision of the value as last read or written; undefined when it must be read first. */
  #revision: number | undefined
  #busy = false
  #onIdle: () => void = () => undefined

  constructor(kv: Bucket, key: string, codec: Codec<State>, clock: () => number) {
    this.#kv = kv
    this.#key = key
    this.#codec = codec
    this.#clock = clock
    this.#state = codec.empty
  }

  /** Resolves with the result when the change is durable. `change` must be pure: it runs again if another process wrote first. `now` in
   * milliseconds since the epoch. Rejects with the broker's error, or with what `change` or the codec throws. */
  request<Result>(change: (state: State, now: number) => Change<State, Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let made: Change<State, Result> | undefined
      this.#waiting.push({
        apply(state, now) {
          made = change(state, now)
          return { state: made.state, staleOk: made.staleOk === true }
        },
        resolve: () => {
          if (made !== undefined) resolve(made.result)
        },
        reject,
      })
      if (!this.#busy) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#busy = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      try {
        await this.#process(batch)
      } catch (error) {
        // The stored value is unknown now, so it is read again before the next request.
        this.#revision = undefined
        for (const request of batch) request.reject(error)
      }
    }
    this.#busy = false
    this.#onIdle()
  }

  /** True while requests are being processed. */
  get busy(): boolean {
    return this.#busy
  }

  /** Calls `run` each time that all requests have been processed. */
  whenIdle(run: () => void): void {
    this.#onIdle = run
  }

  async #process(batch: Request<State>[]): Promise<void> {
    for (;;) {
      if (this.#revision === undefined) await this.#read()
      const now = this.#clock()
      let state = this.#state
      let staleOk = true
      for (const request of batch) {
        const made = request.apply(state, now)
        staleOk &&= made.staleOk
        state = made.state
      }
      // A batch of refusals changes nothing, but depends on the value: another process may have refunded something since it was read.
      if (state === this.#state && !staleOk && !(await this.#isFresh())) continue
      if (state !== this.#state && !(await this.#write(state))) continue
      for (const { resolve } of batch) resolve()
      return
    }
  }

  async #read(): Promise<void> {
    const entry = await this.#kv.get(this.#key)
    this.#state = entry === null || entry.operation !== 'PUT' ? this.#codec.empty : this.#decode(entry)
    this.#revision = entry?.revision ?? 0
  }

  #decode(entry: KvEntry): State {
    try {
      return this.#codec.decode(entry)
    } catch (error) {
      // A value of a later release must not be overwritten.
      if (error instanceof NewerRecordError) throw error
      this.#codec.bad?.(entry, error)
      return this.#codec.empty
    }
  }

  async #isFresh(): Promise<boolean> {
    const before = this.#revision
    await this.#read()
    return this.#revision === before
  }

  async #write(state: State): Promise<boolean> {
    try {
      const previousSeq = this.#revision ?? 0
      this.#revision = await this.#kv.put(this.#key, this.#codec.encode(state), { previousSeq })
      this.#state = state
      return true
    } catch (error) {
      if (writeFailure(error) !== 'conflict') throw error
      this.#revision = undefined
      return false
    }
  }
}

/** Counters by account, created on first use and dropped when the account is deleted. Requests that follow the deletion, such as the ends
 * of its sessions, share one counter until all are written: separate counters would conflict with each other. */
export class Counters<State> {
  readonly #make: (account: string) => Counter<State>
  readonly #accounts: Accounts
  readonly #counters = new Map<string, Counter<State>>()

  constructor(make: (account: string) => Counter<State>, accounts: Accounts) {
    this.#make = make
    this.#accounts = accounts
    accounts.onChange(() => this.#dropDeleted())
  }

  /** Number of counters in memory. */
  get size(): number {
    return this.#counters.size
  }

  /** The counter of an account. */
  of(account: string): Counter<State> {
    const found = this.#counters.get(account)
    if (found !== undefined) return found
    const counter = this.#make(account)
    this.#counters.set(account, counter)
    counter.whenIdle(() => {
      if (!this.#accounts.has(account)) this.#counters.delete(account)
    })
    return counter
  }

  #dropDeleted(): void {
    for (const [account, { busy }] of this.#counters)
      if (!busy && !this.#accounts.has(account)) this.#counters.delete(account)
  }
}
