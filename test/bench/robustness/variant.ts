import type { SlowKind } from './slow.ts'

/** Who attacks. */
export interface Variant {
  name: string
  /** Open TCP connections that say nothing, half of them on each port. */
  idle: number
  /** Clients that send an octet a second, by what they are at. */
  slow: Partial<Record<SlowKind, number>>
  /** Each attacker has an address of its own, or all have one. */
  oneAddress?: boolean
  /** From the first attacker on, before mail is measured. Seconds. */
  settle: number
}

/** How fast the attackers come, all together. Connections a second. */
export const ARRIVALS = 250

/** 2,000 and 200 each. In the first, all are there before the measuring begins, and the deadline for a login (60 s after they came) is
 * within it: then 2,140 of them are thrown out and come again in ten seconds. */
export const VARIANTS: Variant[] = [
  { name: 'many networks', idle: 2000, slow: { command: 70, auth: 70, content: 60 }, settle: 53 },
  { name: 'one address', idle: 2000, slow: { command: 100, auth: 100 }, oneAddress: true, settle: 15 },
  { name: 'logged in', idle: 2000, slow: { 'command after login': 100, content: 100 }, settle: 15 },
]

export const attackers = ({ idle, slow }: Variant): number =>
  idle + Object.values(slow).reduce((sum, count) => sum + count, 0)
