import { readStored } from '@postrider/broker/stored'
import { kindOfKey, nameOfKey, shapeOf } from './shapes.ts'

/** An entry cannot be read. What it said before stays in force. */
export interface BadEntry {
  key: string
  error: unknown
}

/** The entries of the bucket, each as it was when it could last be read: one that is bad does not take the others along. */
export class LastGood {
  readonly #values = new Map<string, unknown>()
  readonly #bad = new Map<string, unknown>()

  /** Resolves with the fault of a bad entry. */
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

  /** Drops what is in the bucket no longer, after it was read as a whole. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of [...this.#values.keys(), ...this.#bad.keys()]) if (!keys.has(key)) this.delete(key)
  }

  get values(): ReadonlyMap<string, unknown> {
    return this.#values
  }

  get bad(): number {
    return this.#bad.size
  }

  /** Keys of bad entries that have no good value: nothing is known of what they say, but that they are there. */
  get unreadable(): ReadonlySet<string> {
    return new Set(this.#bad.keys().filter((key) => !this.#values.has(key)))
  }
}

/** `the configuration of domain example.org`. */
function describe(key: string): string {
  const name = nameOfKey(key)
  return `the configuration of ${kindOfKey(key)}${name === '' ? '' : ` ${name}`}`
}
