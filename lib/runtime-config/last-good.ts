import { readStored } from '@postrider/broker/stored'
import { kindOfKey, nameOfKey, shapeOf } from './shapes.ts'

/** An entry that cannot be read. Its previous value stays in force. */
export interface BadEntry {
  key: string
  error: unknown
}

/** The entries of the bucket, each with the last value that could be read, so that a bad entry does not affect the others. */
export class LastGood {
  readonly #values = new Map<string, unknown>()
  readonly #bad = new Map<string, unknown>()

  /** Stores an entry; returns the error if the entry is bad. */
  put(key: string, text: string): BadEntry | undefined {
    try {
      this.#values.set(key, readStored(describe(key), text, shapeOf(key)))
      this.#bad.delete(key)
      return undefined
    } catch (error) {
      this.#bad.set(key, error)
      return { key, error }
    }
  }

  delete(key: string): void {
    this.#values.delete(key)
    this.#bad.delete(key)
  }

  /** Drops entries that are no longer in the bucket, after the whole bucket was read. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of [...this.#values.keys(), ...this.#bad.keys()]) if (!keys.has(key)) this.delete(key)
  }

  get values(): ReadonlyMap<string, unknown> {
    return this.#values
  }

  get bad(): number {
    return this.#bad.size
  }

  /** Keys of bad entries that never had a good value: only their existence is known. */
  get unreadable(): ReadonlySet<string> {
    return new Set(this.#bad.keys().filter((key) => !this.#values.has(key)))
  }
}

/** `the configuration of domain example.org`. */
function describe(key: string): string {
  const name = nameOfKey(key)
  return `the configuration of ${kindOfKey(key)}${name === '' ? '' : ` ${name}`}`
}
