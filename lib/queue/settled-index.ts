/**
 * An index of the events of the last minutes: from the key of an attempt to the sequence of its EVENTS record. Pure.
 *
 * Compact, since at 5,000 attempts a second three minutes are a million entries: keys are stored as 53-bit hashes, and the caller reads the
 * record that it finds and compares the key. Times are the broker's, in milliseconds since the epoch.
 */
export class SettledIndex {
  readonly #slices = new Map<number, Map<number, number>>()
  #size = 0
  #floor = 0
  readonly #limits: IndexLimits

  constructor(limits: IndexLimits = INDEX_LIMITS) {
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  /** Older entries were dropped to keep within the limits; their events need not be read again. */
  get floor(): number {
    return this.#floor
  }

  add(key: string, seq: number, at: number): void {
    const number = Math.floor(at / SLICE_MS)
    let slice = this.#slices.get(number)
    if (slice === undefined) this.#slices.set(number, (slice = new Map<number, number>()))
    const hashed = hash(key)
    const present = slice.get(hashed)
    if (present === undefined) this.#size++
    if (present === undefined || seq < present) slice.set(hashed, seq)
  }

  /** Sequences of the records that may contain the event, the oldest first: of two contradicting events, the first one counts. */
  find(key: string): number[] {
    const hashed = hash(key)
    const found = [...this.#slices.values()].map((slice) => slice.get(hashed)).filter((seq) => seq !== undefined)
    return found.sort((a, b) => a - b)
  }

  /** Drops entries over the maximum age, and the oldest ones while there are too many; never entries under the minimum age. */
  trim(now: number): void {
    const order = [...this.#slices.keys()].sort((a, b) => a - b)
    for (const number of order) {
      const end = (number + 1) * SLICE_MS
      const old = end < now - this.#limits.maxAgeMs
      const tooMuch = this.#size > this.#limits.maxEntries && end < now - this.#limits.minAgeMs
      if (!old && !tooMuch) return
      this.#size -= this.#slices.get(number)?.size ?? 0
      this.#slices.delete(number)
      this.#floor = Math.max(this.#floor, end)
    }
  }
}

export interface IndexLimits {
  /** Older entries are dropped. */
  maxAgeMs: number
  /** Younger entries are kept, however many there are. */
  minAgeMs: number
  /** Above this number the oldest are dropped first. An entry takes some 60 octets. */
  maxEntries: number
}

export const INDEX_LIMITS: IndexLimits = { maxAgeMs: 15 * 60_000, minAgeMs: 90_000, maxEntries: 1_000_000 }

const SLICE_MS = 15_000

/** Two 32-bit hashes (the mixing steps of MurmurHash3) as one number of 53 bits. */
function hash(key: string): number {
  let low = 0xdeadbeef
  let high = 0x41c6ce57
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at)
    low = Math.imul(low ^ code, 2654435761)
    high = Math.imul(high ^ code, 1597334677)
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  return 4294967296 * (2097151 & high) + (low >>> 0)
}
