import { DAY_MS } from '@postrider/time/day'

/** A code that was sent: its id, and when, milliseconds since the epoch. */
export type SentCode = [id: string, at: number]

/** In any 24 hours. Whoever knows a mailbox's address may ask for codes to it, in any namespace: it gets no more than these. */
export const CODES_A_MAILBOX = 3
export const CODES_A_NAMESPACE = 20

/** Whether one more code may be sent: `undefined`, or else when it may. One that is counted already may be sent again. Pure. */
export function heldUntil(sent: SentCode[], id: string, most: number, now: number): number | undefined {
  if (sent.some(([known]) => known === id)) return undefined
  const lately = current(sent, now)
  const first = lately.at(-most)
  return first === undefined ? undefined : first[1] + DAY_MS
}

/** With one more; what is older than a day is left out. Pure. */
export const withCode = (sent: SentCode[], id: string, now: number): SentCode[] =>
  sent.some(([known]) => known === id) ? sent : [...current(sent, now), [id, now]]

const current = (sent: SentCode[], now: number): SentCode[] => sent.filter(([, at]) => at + DAY_MS > now)

/** Addresses that most likely lead to the same mailbox are one: capitals, and what follows a plus sign, make no difference. */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at).replace(/(.)\+.*$/, '$1')}${address.slice(at)}`.toLowerCase()
}
