import { isoSeconds } from '@postrider/time/iso'
import { RefusalError } from './refusal.ts'
import type { Offers } from './offers.ts'

/** When the first attempt for a message may be made (RFC 4865): `forMs` is an interval in milliseconds, `until` a time in milliseconds
 * since the epoch. */
export type Hold = { forMs: number } | { until: number }

/** The EHLO line (RFC 4865, 3): the longest interval in seconds, and the time at which that interval would end. Empty when FUTURERELEASE
 * is not offered. */
export function futureReleaseOffer({ longestHoldMs, now }: Pick<Offers, 'longestHoldMs' | 'now'>): string[] {
  if (longestHoldMs === 0) return []
  const until = isoSeconds(now + longestHoldMs)
  return [`FUTURERELEASE ${Math.floor(longestHoldMs / 1000)} ${until}`]
}

/** Reads HOLDFOR and HOLDUNTIL. Throws RefusalError for a value that is malformed or exceeds the offer (RFC 4865, 4.1 to 4.3: 501
 * 5.5.4). */
export function readHold(
  holdFor: string | undefined,
  holdUntil: string | undefined,
  { longestHoldMs, now }: Pick<Offers, 'longestHoldMs' | 'now'>,
): Hold | undefined {
  if (longestHoldMs === 0 || (holdFor === undefined && holdUntil === undefined)) return undefined
  if (holdFor !== undefined && holdUntil !== undefined) throw invalid('use HOLDFOR or HOLDUNTIL, not both')
  const hold = holdFor === undefined ? readUntil(holdUntil ?? '') : readFor(holdFor)
  const heldMs = 'forMs' in hold ? hold.forMs : hold.until - now
  if (heldMs <= longestHoldMs) return hold
  throw invalid(`a message can be held for at most ${Math.floor(longestHoldMs / 1000)} seconds; choose an earlier time`)
}

/** The release time in milliseconds since the epoch; a time in the past means at once (RFC 4865, 5). */
export const releaseTime = (hold: Hold, now: number): number => ('until' in hold ? hold.until : now + hold.forMs)

/** Parses HOLDFOR (RFC 4865, 4.1): 1 to 9 digits without a leading zero. */
function readFor(text: string): Hold {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid('HOLDFOR must be a whole number of seconds, 1 to 999999999')
  return { forMs: Number(text) * 1000 }
}

const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/i

/** Parses HOLDUNTIL (RFC 4865, 4.2): a date-time of RFC 3339, 5.6. */
function readUntil(text: string): Hold {
  const until = DATE_TIME.test(text) ? Date.parse(text.toUpperCase()) : NaN
  // Date.parse reads 31 February as 3 March.
  if (Number.isNaN(until) || !isCalendarDay(text.slice(0, 10))) {
    throw invalid('HOLDUNTIL must be a time such as 2030-01-31T08:00:00Z')
  }
  return { until }
}

function isCalendarDay(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}

const invalid = (text: string): RefusalError => new RefusalError(501, '5.5.4', text, 'parameter')
