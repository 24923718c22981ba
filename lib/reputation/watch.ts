import type { KvWatchEntry } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { followBucket } from '@postrider/broker/follow-bucket'
import { REPUTATION_BUCKET } from '@postrider/broker/names'
import { accountOfKey } from '@postrider/limits/accounts'
import { readStored } from '@postrider/broker/stored'
import type { Trouble } from '@postrider/service/trouble'
import { reputationShape } from './reputation.ts'
import type { Reputation } from './reputation.ts'

/** The current reputations, by account. */
export interface LiveReputations {
  of(account: string): Reputation | undefined
  all(): ReadonlyMap<string, Reputation>
  onChange(run: (account: string) => void): void
  stop(): void
}

/** Follows the bucket of reputations; resolves when all its entries are known. With an older broker configuration the bucket may not be
 * readable: then, after some seconds, every account has the reputation of a new one, which is better than no mail at all. */
export async function watchReputations(
  broker: Pick<Broker, 'js' | 'jsm' | 'onReconnect'>,
  bad: (account: string, revision: number, error: unknown) => void,
  trouble: Trouble,
): Promise<LiveReputations> {
  let reputations = new Map<string, Reputation>()
  const listeners: ((account: string) => void)[] = []

  /** A reputation that cannot be read keeps its previous value. */
  function put(into: Map<string, Reputation>, account: string, entry: KvWatchEntry): void {
    try {
      into.set(account, readStored(`the reputation of ${account}`, entry.string(), reputationShape))
    } catch (error) {
      const before = reputations.get(account)
      if (before !== undefined) into.set(account, before)
      bad(account, entry.revision, error)
    }
  }

  function take(into: Map<string, Reputation>, entry: KvWatchEntry): string {
    const account = accountOfKey(entry.key)
    if (entry.operation === 'PUT') put(into, account, entry)
    else into.delete(account)
    return account
  }

  const notifyListeners = (account: string): void => {
    for (const run of listeners) run(account)
  }

  const stop = await followBucket(
    broker,
    REPUTATION_BUCKET,
    {
      replace(entries) {
        const fresh = new Map<string, Reputation>()
        for (const entry of entries) take(fresh, entry)
        const changed = new Set([...reputations.keys(), ...fresh.keys()])
        reputations = fresh
        changed.forEach(notifyListeners)
      },
      change: (entry) => notifyListeners(take(reputations, entry)),
    },
    trouble,
  )
  return {
    of: (account) => reputations.get(account),
    all: () => reputations,
    onChange: (run) => void listeners.push(run),
    stop,
  }
}
