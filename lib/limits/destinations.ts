import { createHash } from 'node:crypto'
import { DAY_MS } from '@postrider/time/day'
import { DAY, isInside, pullBack, sumOf, whenFree } from './window.ts'
import type { Buckets } from './window.ts'

/** Recipient domains that an account has sent to lately, and how many of them were new when. Hashed: what is kept for counting
 * need not tell whom somebody writes to. */
export interface Destinations {
  /** Ten-minute buckets of the last day. */
  news: Buckets
  /** By hash: the day since the epoch on which it was noted last. */
  known: Map<string, number>
}

export const NO_DESTINATIONS: Destinations = { news: [], known: new Map() }

/** A destination is new again after this long without mail to it. */
const KNOWN_DAYS = 30
/** It is recorded again when the last record is this old, so that not every message causes a write. */
const NOTE_AGAIN_DAYS = 3
/** Beyond this many the ones noted longest ago are forgotten, and count as new when mail goes there again: 64 KB of the broker
 * an account at most. */
export const MAX_DESTINATIONS = 8192
const HASH_OCTETS = 6
const ENTRY_OCTETS = HASH_OCTETS + 2

/** Of one account: the same domain has another hash with another one. */
export const destinationHash = (account: string, domain: string): string =>
  createHash('sha256')
    .update(`${account}\0${domain}`)
    .digest('base64url')
    .slice(0, (HASH_OCTETS * 8) / 6)

/** As pullBackUse of use.ts. */
export function pullBackNews(destinations: Destinations, now: number): Destinations {
  const news = pullBack(destinations.news, DAY, now)
  return news === destinations.news ? destinations : { ...destinations, news }
}

/** Counts the destinations among `hashes` that are new; or says that they are too many. `destinations` is the same object when
 * nothing is to be noted. */
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
    // Last in the map: those before it are forgotten first.
    known.delete(hash)
    known.set(hash, today)
  }
  for (const hash of known.keys()) {
    if (known.size <= MAX_DESTINATIONS) break
    known.delete(hash)
  }
  return { destinations: { news: fresh.length === 0 ? news : counted(news, fresh.length, now), known } }
}

/** New destinations in the 24 hours before. */
export const newToday = ({ news }: Destinations, now: number): Buckets =>
  news.filter(([bucket]) => isInside(bucket, DAY, now))

function counted(news: Buckets, count: number, now: number): Buckets {
  const bucket = Math.floor(now / DAY.bucketMs)
  const before = news.find(([number]) => number === bucket)?.[1] ?? 0
  return [...news.filter(([number]) => number !== bucket), [bucket, before + count]]
}

/** Eight octets a destination, after a line of JSON. */
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
