import { z } from 'zod'

/** Sessions that are logged in, as leases of the processes that serve them: [sessions, until], in milliseconds since the epoch. A
 * process that is killed no longer renews its lease, and its sessions no longer count when the lease ends. */
export interface Sessions {
  holders: Record<string, [count: number, until: number]>
}

export const NO_SESSIONS: Sessions = { holders: {} }

/** The stored form. */
export const sessionsShape: z.ZodType<Sessions> = z.looseObject({
  holders: z.record(z.string(), z.tuple([z.number(), z.number()])),
})

/** How long a lease lasts without renewal; then the sessions of the process no longer count. Milliseconds. */
export const LEASE_MS = 30_000

/** Counts one more session of a process, or returns how many sessions are open when that would exceed `allowed`. */
export function openSession(
  sessions: Sessions,
  holder: string,
  allowed: number,
  now: number,
): { sessions: Sessions } | { used: number } {
  const holders = current(sessions, now)
  const used = count({ holders }, now)
  if (used + 1 > allowed) return { used }
  const own = holders[holder]?.[0] ?? 0
  return { sessions: { holders: { ...holders, [holder]: [own + 1, now + LEASE_MS] } } }
}

export function closeSession(sessions: Sessions, holder: string, now: number): Sessions {
  const holders = current(sessions, now)
  const own = holders[holder]
  if (own === undefined) return sessions
  const others = Object.entries(holders).filter(([name]) => name !== holder)
  const left: [string, [number, number]][] = own[0] > 1 ? [[holder, [own[0] - 1, own[1]]]] : []
  return { holders: Object.fromEntries([...others, ...left]) }
}

/** Renews the lease of a process. A lease that had expired, as when the process could not reach the broker, starts again with the number
 * of sessions that the process knows of. */
export function renewLease(sessions: Sessions, holder: string, known: number, now: number): Sessions {
  const holders = current(sessions, now)
  const own = holders[holder]?.[0] ?? known
  return { holders: { ...holders, [holder]: [own, now + LEASE_MS] } }
}

/** How many sessions are open now. */
export const count = (sessions: Sessions, now: number): number =>
  Object.values(current(sessions, now)).reduce((sum, [own]) => sum + own, 0)

/** Leases that count now. A lease that ends later than any lease given now could end was given by a clock that was ahead, and does not
 * count. */
const current = ({ holders }: Sessions, now: number): Sessions['holders'] =>
  Object.fromEntries(Object.entries(holders).filter(([, [, until]]) => until > now && until <= now + 2 * LEASE_MS))
