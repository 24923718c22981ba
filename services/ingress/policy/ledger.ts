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

/** A message as the limits see it. */
export interface Counted {
  recipients: number
  /** Domains of the recipients. */
  destinations: ReadonlySet<string>
}

export type Spent = { receipt: Receipt | undefined } | { exceeded: Exceeded }

/** Counts what credentials and domains send, exactly, for all ingress processes together and over restarts. */
export interface Ledger {
  /** Counts a message before it is stored, or says which limit it would exceed. Durable when it resolves. */
  spend(account: string, limit: LimitConfig, message: Counted): Promise<Spent>
  /** Takes a message back that could not be stored. Destinations stay known: whoever tries again is counted once. */
  refund(account: string, receipt: Receipt): Promise<void>
}

/** Of what was sent: a value an account, and another one for the destinations of those where these are limited. */
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
  const visits = new Counters<Destinations>(
    (account) =>
      new Counter(
        kv,
        destinationsKey(account),
        { empty: NO_DESTINATIONS, decode: ({ value }) => decodeDestinations(value), encode: encodeDestinations, bad },
        clock,
      ),
    accounts,
  )

  async function visitAll(
    account: string,
    limit: LimitConfig,
    destinations: ReadonlySet<string>,
  ): Promise<Exceeded | undefined> {
    const allowed = limit.newDestinationsPerDay
    if (allowed === undefined) return undefined
    const hashes = Array.from(destinations, (domain) => destinationHash(account, domain))
    return visits.of(account).request<Exceeded | undefined>((state, now) => {
      const present = pullBackNews(state, now)
      const visited = visit(present, hashes, allowed, now)
      if ('destinations' in visited) return { state: visited.destinations, result: undefined, settled: true }
      return { state: present, result: { limit: limit.name, field: 'newDestinationsPerDay', ...visited } }
    })
  }

  const take = (account: string, receipt: Receipt): Promise<void> =>
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
      const giveBack = async (): Promise<void> => {
        if (receipt !== undefined) await take(account, receipt)
      }
      const exceeded = await visitAll(account, limit, destinations).catch(async (error: unknown) => {
        // The count stays too high by this message.
        await giveBack().catch((failure: unknown) => trouble.failed(failure))
        throw error
      })
      if (exceeded === undefined) return spent
      await giveBack()
      return { exceeded }
    },
    refund: take,
  }
}
