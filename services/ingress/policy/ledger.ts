import { Kvm } from '@nats-io/kv'
import type { KV } from '@nats-io/kv'
import type { LimitConfig } from '@postrider/runtime-config/config'
import type { Broker } from '@postrider/queue/broker'
import { USE_BUCKET, useKey } from '@postrider/queue/names'
import { NO_USE, refund, spend } from './use.ts'
import type { Exceeded, Use } from './use.ts'

/** Counts what credentials and domains send, exactly, for all ingress processes together and over restarts. */
export interface Ledger {
  /** Counts a message before it is stored, or says which limit it would exceed. Durable when it resolves. */
  spend(account: string, limit: LimitConfig, recipients: number): Promise<{ spentAt: number } | { exceeded: Exceeded }>
  /** Takes a message back that could not be stored. */
  refund(account: string, recipients: number, spentAt: number): Promise<void>
}

interface Request {
  /** Changes the use, or leaves it and says why. */
  change: (use: Use, now: number) => { use: Use } | { exceeded: Exceeded }
  resolve: (result: { spentAt: number } | { exceeded: Exceeded }) => void
  reject: (error: unknown) => void
}

/** One value an account in the broker's KV, changed only against the revision that was read: two processes can't both
 * spend the last message. Requests that come while a write is under way share the next one. */
export async function openLedger(broker: Broker, clock: () => number = Date.now): Promise<Ledger> {
  const kv = await new Kvm(broker.js).open(USE_BUCKET)
  const accounts = new Map<string, Account>()
  const account = (name: string): Account => {
    let found = accounts.get(name)
    if (found === undefined) accounts.set(name, (found = new Account(kv, name, clock)))
    return found
  }
  return {
    spend: (name, limit, recipients) => account(name).request((use, now) => spend(use, limit, recipients, now)),
    async refund(name, recipients, spentAt) {
      await account(name).request((use) => ({ use: refund(use, recipients, spentAt) }))
    },
  }
}

class Account {
  readonly #kv: KV
  readonly #key: string
  readonly #clock: () => number
  readonly #waiting: Request[] = []
  #use: Use = NO_USE
  /** Of the value as last read or written; undefined before the first read. */
  #revision: number | undefined
  #busy = false

  constructor(kv: KV, name: string, clock: () => number) {
    this.#kv = kv
    this.#key = useKey(name)
    this.#clock = clock
  }

  request(change: Request['change']): Promise<{ spentAt: number } | { exceeded: Exceeded }> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject })
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
  }

  async #settle(batch: Request[]): Promise<void> {
    for (;;) {
      if (this.#revision === undefined) await this.#read()
      const now = this.#clock()
      let use = this.#use
      const results = batch.map(({ change }) => {
        const result = change(use, now)
        if ('use' in result) use = result.use
        return 'use' in result ? { spentAt: now } : result
      })
      // Refusals alone change nothing, but rest on what was read: it must be fresh, as another process may have refunded.
      if (use === this.#use && !(await this.#isFresh())) continue
      if (use !== this.#use && !(await this.#write(use))) continue
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as { spentAt: number })
      return
    }
  }

  async #read(): Promise<void> {
    const entry = await this.#kv.get(this.#key)
    this.#use = entry === null ? NO_USE : entry.json<Use>()
    this.#revision = entry?.revision ?? 0
  }

  async #isFresh(): Promise<boolean> {
    const before = this.#revision
    await this.#read()
    return this.#revision === before
  }

  async #write(use: Use): Promise<boolean> {
    try {
      this.#revision = await this.#kv.put(this.#key, JSON.stringify(use), { previousSeq: this.#revision ?? 0 })
      this.#use = use
      return true
    } catch (error) {
      if (!(error instanceof Error && /wrong last sequence/i.test(error.message))) throw error
      this.#revision = undefined
      return false
    }
  }
}
