import type { KV, KvEntry } from '@nats-io/kv'
import { writeFailure } from '@postrider/broker/write-failure'
import { NewerRecordError } from '@postrider/broker/stored'
import type { Accounts } from './accounts.ts'

/** What a counter needs of its bucket. */
export type Bucket = Pick<KV, 'get' | 'put'>

/** How a value of the broker is read and written. */
export interface Codec<State> {
  empty: State
  /** Throws for what it cannot read. */
  decode(entry: KvEntry): State
  /** A value could not be read: the account begins with an empty one, which the next change writes over it. */
  bad?: (entry: KvEntry, error: unknown) => void
  encode(state: State): string | Uint8Array
}

/** What becomes of a value: the same object when nothing is to be written. */
export interface Change<State, Result> {
  state: State
  result: Result
  /** True when the result holds also if another process has changed the value meanwhile, and nothing needs to be read for it. */
  settled?: boolean
}

interface Request<State> {
  apply(state: State, now: number): { state: State; settled: boolean }
  resolve(): void
  reject(error: unknown): void
}

/** One value in the broker's KV, changed only against the revision that was read: two processes can't both spend the last
 * message. Requests that come while a write is under way share the next one. */
export class Counter<State> {
  readonly #kv: Bucket
  readonly #key: string
  readonly #codec: Codec<State>
  readonly #clock: () => number
  readonly #waiting: Request<State>[] = []
  #state: State
  /** Of the value as last read or written; undefined before the first read. */
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

  /** Resolves when the change is durable. `change` is pure: it runs again when another process was quicker. */
  request<Result>(change: (state: State, now: number) => Change<State, Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let made: Change<State, Result> | undefined
      this.#waiting.push({
        apply(state, now) {
          made = change(state, now)
          return { state: made.state, settled: made.settled === true }
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
        await this.#settle(batch)
      } catch (error) {
        // What the broker holds is unknown now: it is read again before the next decision.
        this.#revision = undefined
        for (const request of batch) request.reject(error)
      }
    }
    this.#busy = false
    this.#onIdle()
  }

  /** Requests are being written. */
  get busy(): boolean {
    return this.#busy
  }

  /** Calls back each time that all requests are written. */
  whenIdle(run: () => void): void {
    this.#onIdle = run
  }

  async #settle(batch: Request<State>[]): Promise<void> {
    for (;;) {
      if (this.#revision === undefined) await this.#read()
      const now = this.#clock()
      let state = this.#state
      let settled = true
      for (const request of batch) {
        const made = request.apply(state, now)
        settled &&= made.settled
        state = made.state
      }
      // Refusals alone change nothing, but rest on what was read: it must be fresh, as another process may have refunded.
      if (state === this.#state && !settled && !(await this.#isFresh())) continue
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
      // Of a later release: refused for now, and not lost.
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

/** Counters by account, each made when it is first asked for, and forgotten with its account. What an account that is gone still has to say,
 * such as the ends of its sessions, goes through one counter until all of it is written: a counter for each would have them contend. */
export class Counters<State> {
  readonly #make: (account: string) => Counter<State>
  readonly #accounts: Accounts
  readonly #counters = new Map<string, Counter<State>>()

  constructor(make: (account: string) => Counter<State>, accounts: Accounts) {
    this.#make = make
    this.#accounts = accounts
    accounts.onChange(() => this.#forget())
  }

  /** How many are kept. */
  get size(): number {
    return this.#counters.size
  }

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

  #forget(): void {
    for (const [account, { busy }] of this.#counters)
      if (!busy && !this.#accounts.has(account)) this.#counters.delete(account)
  }
}
