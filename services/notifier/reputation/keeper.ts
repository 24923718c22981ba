import { isDeepStrictEqual } from 'node:util'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { judge, lift } from '@postrider/reputation/judge'
import type { Reputation } from '@postrider/reputation/reputation'
import type { LiveReputations } from '@postrider/reputation/watch'
import { accountsOf } from './accounts.ts'
import type { Account } from './accounts.ts'
import type { Outcomes } from './outcomes.ts'

export interface ReputationKeeper {
  /** Updates the reputations of accounts with new outcomes; all reputations after a change of the configuration, and once a minute. */
  update(now: number): Promise<void>
  /** Lifts a suspension on request of an administrator. Resolves with false if there is none. */
  restore(account: string, now: number): Promise<boolean>
}

export interface KeeperOptions {
  /** Resolves when the reputation of the account is on disk. */
  store: (account: string, reputation: Reputation) => Promise<void>
  reputations: Pick<LiveReputations, 'of'>
  outcomes: Outcomes
  config: () => RuntimeConfig
  /** A reputation was written; `before` is undefined for the first. */
  changed: (account: Account, reputation: Reputation, before: Reputation | undefined) => void
}

/** Interval between updates of all reputations, which also change as days end. Milliseconds. */
const ALL_MS = 60_000

/** The only writer of reputations. A reputation takes effect when it is written, because all services watch the bucket. */
export function createReputationKeeper(options: KeeperOptions): ReputationKeeper {
  const { store, reputations, outcomes, config, changed } = options
  let lastFull: { config: RuntimeConfig; at: number } | undefined
  /** Reputations that this process wrote and may not have received from its watch yet. */
  const written = new Map<string, Reputation>()

  const reputationOf = (account: string): Reputation | undefined => {
    const own = written.get(account)
    const watched = reputations.of(account)
    if (own !== undefined && isDeepStrictEqual(plain(own), watched)) written.delete(account)
    return own ?? watched
  }

  async function write(account: Account, reputation: Reputation, before: Reputation | undefined): Promise<void> {
    await store(account.account, reputation)
    written.set(account.account, reputation)
    changed(account, reputation, before)
  }

  async function updateOne(account: Account, now: number): Promise<void> {
    const before = reputationOf(account.account)
    const { limit, resume } = account
    const rules = limit ?? {}
    // Without rules and without a suspension there is nothing to update.
    if (before?.suspended === undefined && limit?.tiers === undefined && limit?.suspension === undefined) return
    const buckets = outcomes.bucketsOf(account.account, now)
    const after = judge(before, rules, { buckets, resume }, now)
    if (after !== before) await write(account, after, before)
  }

  return {
    async update(now) {
      const touched = outcomes.takeTouched()
      const all = lastFull === undefined || lastFull.config !== config() || now - lastFull.at >= ALL_MS
      if (!all && touched.size === 0) return
      const current = config()
      for (const account of accountsOf(current)) if (all || touched.has(account.account)) await updateOne(account, now)
      if (!all) return
      outcomes.prune(now)
      lastFull = { config: current, at: now }
    },
    async restore(name, now) {
      const before = reputationOf(name)
      if (before?.suspended === undefined) return false
      const [found] = [...accountsOf(config())].filter(({ account }) => account === name)
      const account = found ?? { account: name, limit: undefined, resume: before.resume, domain: '', address: '' }
      await write(account, { ...lift(before, now), resume: account.resume }, before)
      return true
    },
  }
}

/** The value as it is after a round trip through JSON, without undefined fields. */
const plain = (reputation: Reputation): unknown => JSON.parse(JSON.stringify(reputation)) as unknown
