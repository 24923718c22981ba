import { createHash } from 'node:crypto'
import { DAY_MS } from '@postrider/time/day'
import { DAY, isInside, pullBack, sumOf, whenFree } from './window.ts'
import type { Buckets } from './window.ts'

/** Recipient domains that an account has recently sent to, and when how many of them were new. Domains are hashed: counting does not
 * require a record of whom an account writes to. */
export interface Destinations {
  /** Counts of new destinations, in ten-minute buckets of the last day. */
  news: Buckets
  /** Hash of a domain to the day since the epoch on which it was last noted. */
  known: Map<string, number>
}

export const NO_DESTINATIONS: Destinations = { news: [], known: new Map() }

/** A destination is new again after this long without mail to it. */
const KNOWN_DAYS = 30
/** It is noted again when its last note is this old, so that not every message causes a write. */
const NOTE_AGAIN_DAYS = 3
/** Above this number, the destinations noted longest ago are dropped, and count as new when mail goes there again. Bounds the record of
 * an account to 64 KB. */
export const MAX_DESTINATIONS = 8192
const HASH_OCTETS = 6
const ENTRY_OCTETS = HASH_OCTETS + 2

/** Hashes a domain for one account: the same domain has a different hash in another account. */
export const destinationHash = (account: string, domain: string): string =>
  createHash('sha256')
    .update(`${account}\0${domain}`)
    .digest('base64url')
    .slice(0, (HASH_OCTETS * 8) / 6)

/** Like pullBackUse in use.ts. */
export function pullBackNews(destinations: Destinations, now: number): Destinations {
  const news = pullBack(destinations.news, DAY, now)
  return news === destinations.news ? destinations : { ...destinations, news }
}

/** Counts the destinations among `hashes` that are new, or returns the use of the limit when they are too many. The `destinations` in
 * the result is the same object when there is nothing to store. */
export function visit(
  destinations: Destinations,
  hashes: Iterable<string>,
  allowed: number,
  now: number,
): { destinations: Destinations } | { used: number; allowed: number; freeAt: number } {
  const today = Math.floor(now / DAY_MS)
  const isKnown = (day: number | undefined): boolean => day !== undefined && day >= today - KNOWN_DAYS
  const wanted = [...new Set(hashes)]
  const fresh = wanted.filter((hash) => !isKnown(destinations.known.get(hash)))
  const news = destinations.news.filter(([bucket]) => isInside(bucket, DAY, now))
  const used = sumOf(news)
  if (fresh.length > 0 && used + fresh.length > allowed)
    return { used, allowed, freeAt: whenFree(news, used + fresh.length - allowed, DAY, now) }
  const noted = wanted.filter((hash) => (destinations.known.get(hash) ?? 0) <= today - NOTE_AGAIN_DAYS)
  if (noted.length === 0) return { destinations }
  const known = new Map([...destinations.known].filter(([, day]) => isKnown(day)))
  for (const hash of noted) {
    // Moved to the end of the map: entries are dropped from its start.
    known.delete(hash)
    known.set(hash, today)
  }
  for (const hash of known.keys()) {
    if (known.size <= MAX_DESTINATIONS) break
    known.delete(hash)
  }
  return { destinations: { news: fresh.length === 0 ? news : counted(news, fresh.length, now), known } }
}

/** New destinations of the last 24 hours. */
export const newToday = ({ news }: Destinations, now: number): Buckets =>
  news.filter(([bucket]) => isInside(bucket, DAY, now))

function counted(news: Buckets, count: number, now: number): Buckets {
  const bucket = Math.floor(now / DAY.bucketMs)
  const before = news.find(([number]) => number === bucket)?.[1] ?? 0
  return [...news.filter(([number]) => number !== bucket), [bucket, before + count]]
}

/** Encodes the record: a line of JSON, then eight octets per destination. */
export function encodeDestinations({ news, known }: Destinations): Uint8Array {
  const head = Buffer.from(`${JSON.stringify(news)}\n`)
  const body = Buffer.alloc(known.size * ENTRY_OCTETS)
  let at = 0
  for (const [hash, day] of known) {
    body.write(hash, at, 'base64url')
    body.writeUInt16BE(day, at + HASH_OCTETS)
    at += ENTRY_OCTETS
  }
  return Buffer.concat([head, body])
}

export function decodeDestinations(data: Uint8Array): Destinations {
  const buffer = Buffer.from(data)
  const end = buffer.indexOf('\n')
  const known = new Map<string, number>()
  for (let at = end + 1; at + ENTRY_OCTETS <= buffer.length; at += ENTRY_OCTETS)
    known.set(buffer.toString('base64url', at, at + HASH_OCTETS), buffer.readUInt16BE(at + HASH_OCTETS))
  return { news: JSON.parse(buffer.toString('utf8', 0, end)) as Buckets, known }
}
