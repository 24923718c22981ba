/** Where the events of the last minutes lie: from the key of an attempt to the sequence of its EVENTS record. Pure.
 *
 * Compact, since at 5,000 attempts a second three minutes are a million entries: keys are kept as 53-bit hashes, and whoever finds one
 * reads the record and compares. Times are the broker's, in milliseconds since the epoch. */
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

  /** Everything older than this was left out to keep within the bounds, and is not worth reading again. */
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

  /** Sequences of records that may hold the event, the oldest first: of two that say different things, the first one counts. */
  find(key: string): number[] {
    const hashed = hash(key)
    const found = [...this.#slices.values()].map((slice) => slice.get(hashed)).filter((seq) => seq !== undefined)
    return found.sort((a, b) => a - b)
  }

  /** Forgets what is too old, and the oldest of what is too much; never what is younger than the shortest time. */
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
  /** Older events are forgotten. */
  maxAgeMs: number
  /** Younger ones are kept whatever their number. */
  minAgeMs: number
  /** Above this the oldest go first: some 60 octets each. */
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
