import { Kvm } from '@nats-io/kv'
import {
  NO_DESTINATIONS,
  decodeDestinations,
  destinationHash,
  encodeDestinations,
  pullBackNews,
  visit,
} from '@postrider/limits/destinations'
import type { Destinations } from '@postrider/limits/destinations'
import type { Exceeded } from '@postrider/limits/exceeded'
import { NO_USE, isCounted, pullBackUse, refund, spend, useShape } from '@postrider/limits/use'
import type { Receipt, Use } from '@postrider/limits/use'
import type { LimitConfig } from '@postrider/runtime-config/config'
import type { Broker } from '@postrider/broker/connection'
import { USE_BUCKET } from '@postrider/broker/names'
import { destinationsKey, useKey } from '@postrider/limits/accounts'
import { readStored } from '@postrider/broker/stored'
import type { Trouble } from '@postrider/service/trouble'
import type { Accounts } from './accounts.ts'
import { Counter, Counters } from './counter.ts'
import { quarantineCount } from './quarantine-count.ts'

/** What is counted of a message. */
export interface Counted {
  recipients: number
  /** Domains of the recipients. */
  destinations: ReadonlySet<string>
}

/** A counted message with its receipt (undefined where nothing was counted), or the limit that it would exceed. */
export type Spent = { receipt: Receipt | undefined } | { exceeded: Exceeded }

/** Counts what each account sends: exactly, for all ingress processes together and across restarts. */
export interface Ledger {
  /** Counts a message before it is stored, or returns the limit that it would exceed. Durable when it resolves. */
  spend(account: string, limit: LimitConfig, message: Counted): Promise<Spent>
  /** Takes back the count of a message that was not stored. Its destinations stay counted, so that a retry does not count them again. */
  refund(account: string, receipt: Receipt): Promise<void>
}

/** Keeps one value in the broker for each account, and a second one for its destinations if the limit bounds these. `clock` in milliseconds
 * since the epoch. */
export async function openLedger(
  broker: Broker,
  clock: () => number,
  accounts: Accounts,
  trouble: Trouble,
): Promise<Ledger> {
  const kv = await new Kvm(broker.js).open(USE_BUCKET)
  const bad = quarantineCount(broker, trouble)
  const uses = new Counters<Use>(
    (account) =>
      new Counter(
        kv,
        useKey(account),
        {
          empty: NO_USE,
          decode: (entry) => readStored('a count of mail', entry.string(), useShape),
          encode: (use) => JSON.stringify(use),
          bad,
        },
        clock,
      ),
    accounts,
  )
  const destinationCounters = new Counters<Destinations>(
    (account) =>
      new Counter(
        kv,
        destinationsKey(account),
        { empty: NO_DESTINATIONS, decode: ({ value }) => decodeDestinations(value), encode: encodeDestinations, bad },
        clock,
      ),
    accounts,
  )

  async function countDestinations(
    account: string,
    limit: LimitConfig,
    destinations: ReadonlySet<string>,
  ): Promise<Exceeded | undefined> {
    const allowed = limit.newDestinationsPerDay
    if (allowed === undefined) return undefined
    const hashes = Array.from(destinations, (domain) => destinationHash(account, domain))
    return destinationCounters.of(account).request<Exceeded | undefined>((state, now) => {
      const present = pullBackNews(state, now)
      const visited = visit(present, hashes, allowed, now)
      if ('destinations' in visited) return { state: visited.destinations, result: undefined, staleOk: true }
      return { state: present, result: { limit: limit.name, field: 'newDestinationsPerDay', ...visited } }
    })
  }

  const refundUse = (account: string, receipt: Receipt): Promise<void> =>
    uses.of(account).request((use) => ({ state: refund(use, receipt), result: undefined }))

  return {
    async spend(account, limit, { recipients, destinations }) {
      const spent: Spent = !isCounted(limit)
        ? { receipt: undefined }
        : await uses.of(account).request<Spent>((use, now) => {
            const present = pullBackUse(use, limit, now)
            const made = spend(present, limit, recipients, now)
            if ('use' in made) return { state: made.use, result: { receipt: made.receipt } }
            return { state: present, result: made }
          })
      if ('exceeded' in spent) return spent
      const { receipt } = spent
      const takeBack = async (): Promise<void> => {
        if (receipt !== undefined) await refundUse(account, receipt)
      }
      const exceeded = await countDestinations(account, limit, destinations).catch(async (error: unknown) => {
        // If the refund fails as well, the count stays too high by this message.
        await takeBack().catch((failure: unknown) => trouble.failed(failure))
        throw error
      })
      if (exceeded === undefined) return spent
      await takeBack()
      return { exceeded }
    },
    refund: refundUse,
  }
}
