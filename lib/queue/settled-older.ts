import { INDEX_LIMITS, SettledIndex } from './settled-index.ts'
import type { IndexLimits } from './settled-index.ts'

/** An attempt that is looked up. Times by the broker's clock, in milliseconds since the epoch. */
export interface Wanted {
  key: string
  /** It was not settled before. */
  since: number
  /** It was not settled after that time, unless recently. */
  until: number
}

/** An attempt that an event settles. */
export interface SettledAttempt {
  key: string
  seq: number
  /** When the event was stored. */
  at: number
}

/** Reads the events from a time on, in order, up to the present end of the stream. */
export type ReadAttempts = (from: number) => AsyncIterable<SettledAttempt>

/** Servers of a broker take turns in leading a stream, and their clocks differ a little. */
const SKEW_MS = 30_000

const TRIM_EVERY = 10_000

/** The index of one range of the events, which ended in the past. */
interface Range {
  from: number
  until: number
  index: SettledIndex
}

/**
 * Finds events that are older than the index of the recent ones.
 *
 * After an outage, many attempts are looked up in the same range, before the outage, so an index of that range is kept, as far as it has
 * room. What it has no room for is read again, page by page, for all the attempts that wait: however old an event is, the answer is right,
 * and it is the time that grows, up to that of a read of the whole stream.
 */
export class OlderEvents {
  #range: Range | undefined
  readonly #read: ReadAttempts
  readonly #limits: IndexLimits

  constructor(read: ReadAttempts, limits: IndexLimits = OLDER_LIMITS) {
    this.#read = read
    this.#limits = limits
  }

  /** The broker came back with a different store. */
  clear(): void {
    this.#range = undefined
  }

  /** The sequences of the records that may contain the events. `recentFrom`: what was stored from then on need not be found, and until
   * `now` nothing more can be stored. */
  async find(wanted: Wanted[], recentFrom: number, now: number): Promise<Map<string, number[]>> {
    const found = new Map<string, number[]>(wanted.map(({ key }) => [key, []]))
    const possible = wanted.filter(({ since, until }) => since <= until)
    if (possible.length > 0) await this.#search(possible, recentFrom, now, found)
    return found
  }

  async #search(wanted: Wanted[], recentFrom: number, now: number, found: Map<string, number[]>): Promise<void> {
    const from = earliest(wanted)
    const until = Math.max(...wanted.map((one) => one.until))
    const range = this.#range
    if (range !== undefined && range.from <= from && range.until >= Math.min(until, recentFrom)) {
      for (const { key } of wanted) found.get(key)?.push(...range.index.find(key))
      return
    }
    const overlaps = range !== undefined && range.until >= from && range.from <= until
    const next: Range = {
      from: overlaps ? Math.min(from, range.from) : from,
      until: Math.min(now, overlaps ? Math.max(until, range.until) : until),
      index: new SettledIndex(this.#limits),
    }
    this.#range = undefined
    await this.#scan(next.from, next.until, found, next.index)
    // What the index had no room for is read again for each that asks for it.
    this.#range = { ...next, from: Math.max(next.from, next.index.floor) }
  }

  async #scan(from: number, until: number, found: Map<string, number[]>, index: SettledIndex): Promise<void> {
    let count = 0
    for await (const { key, seq, at } of this.#read(from)) {
      if (at > until + SKEW_MS) break
      found.get(key)?.push(seq)
      index.add(key, seq, at)
      if (++count % TRIM_EVERY === 0) index.trim(at)
    }
    index.trim(until)
  }
}

const earliest = (wanted: Wanted[]): number => wanted.reduce((first, { since }) => Math.min(first, since), Infinity)

/** 90 seconds at 5,000 attempts a second; some 30 MB. */
const OLDER_LIMITS: IndexLimits = { ...INDEX_LIMITS, maxAgeMs: Infinity, minAgeMs: 0, maxEntries: 500_000 }
