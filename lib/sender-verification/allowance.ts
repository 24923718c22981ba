import { DAY_MS } from '@postrider/time/day'

/** A code that was sent: its id, and when, milliseconds since the epoch. */
export type SentCode = [id: string, at: number]

/** Limits in any 24 hours. Anyone who knows the address of a mailbox may request codes for it in any namespace, but the mailbox gets no
 * more than this. */
export const CODES_A_MAILBOX = 3
export const CODES_A_NAMESPACE = 20

/** Whether one more code may be sent: undefined if so, otherwise the time at which it may, milliseconds since the epoch. A code that was
 * already counted may be sent again. Pure. */
export function allowedAt(sent: SentCode[], id: string, max: number, now: number): number | undefined {
  if (sent.some(([known]) => known === id)) return undefined
  const lately = current(sent, now)
  const first = lately.at(-max)
  return first === undefined ? undefined : first[1] + DAY_MS
}

/** Adds a code, and drops those older than a day. Pure. */
export const withCode = (sent: SentCode[], id: string, now: number): SentCode[] =>
  sent.some(([known]) => known === id) ? sent : [...current(sent, now), [id, now]]

const current = (sent: SentCode[], now: number): SentCode[] => sent.filter(([, at]) => at + DAY_MS > now)

/** The mailbox that an address most likely belongs to: case, and a suffix after a plus sign, are ignored. */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at).replace(/(.)\+.*$/, '$1')}${address.slice(at)}`.toLowerCase()
}
