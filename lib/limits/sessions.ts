import { z } from 'zod'

/** Sessions that are logged in, as leases of the processes that have them: [sessions, until]. A process that is killed renews
 * no more, and its sessions are free when its lease ends. Milliseconds since the epoch. */
export interface Sessions {
  holders: Record<string, [count: number, until: number]>
}

export const NO_SESSIONS: Sessions = { holders: {} }

/** As they are stored. */
export const sessionsShape: z.ZodType<Sessions> = z.looseObject({
  holders: z.record(z.string(), z.tuple([z.number(), z.number()])),
})

/** How long a process may be silent before its sessions are held to be gone. Milliseconds. */
export const LEASE_MS = 30_000

/** Counts one more session of a process, or says how many there are. */
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

/** Renews a process's lease. One that had run out, as when the process could not reach the broker, starts again with the sessions
 * that the process knows of. */
export function renewLease(sessions: Sessions, holder: string, known: number, now: number): Sessions {
  const holders = current(sessions, now)
  const own = holders[holder]?.[0] ?? known
  return { holders: { ...holders, [holder]: [own, now + LEASE_MS] } }
}

/** Sessions that are open now. */
export const count = (sessions: Sessions, now: number): number =>
  Object.values(current(sessions, now)).reduce((sum, [own]) => sum + own, 0)

/** A lease that ends later than any that could be given now is of a clock that was ahead. */
const current = ({ holders }: Sessions, now: number): Sessions['holders'] =>
  Object.fromEntries(Object.entries(holders).filter(([, [, until]]) => until > now && until <= now + 2 * LEASE_MS))
