import { randomUUID } from 'node:crypto'
import { Kvm } from '@nats-io/kv'
import type { KvEntry } from '@nats-io/kv'
import { LEASE_MS, NO_SESSIONS, closeSession, openSession, renewLease, sessionsShape } from '@postrider/limits/sessions'
import type { Sessions } from '@postrider/limits/sessions'
import type { Broker } from '@postrider/broker/connection'
import type { Trouble } from '@postrider/service/trouble'
import { readStored } from '@postrider/broker/stored'
import { USE_BUCKET } from '@postrider/broker/names'
import { sessionsKey } from '@postrider/limits/accounts'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { RefusalError } from '@postrider/smtp/refusal'
import type { Accounts } from './accounts.ts'
import { Counter, Counters } from './counter.ts'
import { quarantineCount } from './quarantine-count.ts'
import { limitRefusal } from './limit-refusal.ts'

/** Counts the sessions that are logged in, for all ingress processes together. */
export interface SessionLeases {
  /** Counts a session against the limits with `concurrentSessions`. Rejects with the RefusalError that names the limit that is reached. */
  open(session: string, limits: { account: string; limit: LimitConfig }[]): Promise<void>
  /** Call it when a session ends; unknown sessions are ignored. */
  close(session: string): void
  /** Ends all leases of this process, so that its sessions no longer count. */
  stop(): Promise<void>
}

const RENEW_MS = LEASE_MS / 3

/** Keeps the leases in a KV bucket of the broker, changed by compare-and-set. A session is counted before its login is answered; the
 * sessions of a killed process stop counting after LEASE_MS. */
export async function openSessionLeases(
  broker: Broker,
  clock: () => number,
  accounts: Accounts,
  trouble: Trouble,
): Promise<SessionLeases> {
  const kv = await new Kvm(broker.js).open(USE_BUCKET)
  const holder = randomUUID()
  const codec = {
    empty: NO_SESSIONS,
    decode: (entry: KvEntry) => readStored('a count of sessions', entry.string(), sessionsShape),
    bad: quarantineCount(broker, trouble),
    encode: (sessions: Sessions) => JSON.stringify(sessions),
  }
  const counters = new Counters<Sessions>((account) => new Counter(kv, sessionsKey(account), codec, clock), accounts)
  /** By session: the accounts that it counts for, and whether it has ended. */
  const sessions = new Map<string, { accounts: string[]; over: boolean }>()
  /** Sessions of this process by account. */
  const counts = new Map<string, number>()

  const note = (account: string, change: number): void => {
    const left = (counts.get(account) ?? 0) + change
    if (left > 0) counts.set(account, left)
    else counts.delete(account)
  }

  async function release(accounts: string[]): Promise<void> {
    for (const account of accounts) note(account, -1)
    await Promise.allSettled(
      accounts.map((account) =>
        counters.of(account).request((state, now) => ({ state: closeSession(state, holder, now), result: undefined })),
      ),
    )
  }

  async function count(account: string, limit: LimitConfig, allowed: number): Promise<void> {
    const opened = await counters
      .of(account)
      .request<number | undefined>((state, now) => {
        const made = openSession(state, holder, allowed, now)
        return 'used' in made ? { state, result: made.used } : { state: made.sessions, result: undefined }
      })
      .catch((cause: unknown) => {
        const text = 'your session limit cannot be checked at the moment; try again later'
        throw new RefusalError(454, '4.3.0', text, 'queue-unavailable', { cause })
      })
    if (opened !== undefined)
      throw limitRefusal(account, limit, { limit: limit.name, field: 'concurrentSessions', used: opened, allowed }, 454)
    note(account, 1)
  }

  const renewing = setInterval(() => {
    const renewals = Array.from(counts, ([account, known]) =>
      counters
        .of(account)
        .request((state, now) => ({ state: renewLease(state, holder, known, now), result: undefined })),
    )
    // While the broker is unreachable, the next renewal tries again; an expired lease starts again with the known count.
    Promise.all(renewals).then(
      () => trouble.over(),
      (error: unknown) => trouble.failed(error),
    )
  }, RENEW_MS).unref()

  return {
    async open(session, limits) {
      const own = { accounts: [] as string[], over: false }
      sessions.set(session, own)
      try {
        for (const { account, limit } of limits) {
          if (limit.concurrentSessions === undefined) continue
          await count(account, limit, limit.concurrentSessions)
          own.accounts.push(account)
        }
        // The session ended while it was being counted.
        if (own.over) await release(own.accounts)
      } catch (error) {
        sessions.delete(session)
        await release(own.accounts)
        throw error
      }
    },
    close(session) {
      const own = sessions.get(session)
      if (own === undefined) return
      sessions.delete(session)
      own.over = true
      // The accounts of a session that is still being counted are released at the end of `open`.
      void release(own.accounts.splice(0))
    },
    async stop() {
      clearInterval(renewing)
      await Promise.all([...sessions.values()].map(({ accounts }) => release(accounts.splice(0))))
    },
  }
}
