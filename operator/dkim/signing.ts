import type { DkimConfig } from '@postrider/runtime-config/config'
import { dkimPurpose, NotSealedError, seal, unseal } from '@postrider/secrets/seal'
import { SIGNING } from './secrets.ts'
import type { StoredKey } from './secrets.ts'

interface Sealed {
  pem: string
  sealed: string
}

/** Seals keys for the configuration, each once: sealing the same key again would look like a change of it. What the configuration
 * holds already is taken from there when it is the same key. Keys that are in it no longer are forgotten. */
export class Sealer {
  readonly #key: Buffer
  /** By domain, then by selector. */
  #sealed = new Map<string, Map<string, Sealed>>()

  constructor(key: Buffer, published: Iterable<{ domain: string; dkim: DkimConfig[] }>) {
    this.#key = key
    for (const { domain, dkim } of published)
      this.#sealed.set(domain, new Map(dkim.flatMap((entry) => this.#opened(domain, entry))))
  }

  #opened(domain: string, { selector, sealedKey }: DkimConfig): [string, Sealed][] {
    try {
      const pem = unseal(this.#key, dkimPurpose(domain, selector), sealedKey)
      return [[selector, { pem, sealed: sealedKey }]]
    } catch (error) {
      // Of another platform key: it is sealed again.
      if (error instanceof NotSealedError) return []
      throw error
    }
  }

  /** The keys of all domains, by domain name, as the configuration has them. What is not among them is forgotten. */
  sealAll(keys: ReadonlyMap<string, StoredKey[]>): Map<string, DkimConfig[]> {
    const before = this.#sealed
    this.#sealed = new Map()
    const configs = new Map<string, DkimConfig[]>()
    for (const [domain, stored] of keys) {
      const sealed = new Map<string, Sealed>()
      this.#sealed.set(domain, sealed)
      const configOf = ({ selector, algorithm, pem }: StoredKey): DkimConfig => {
        const known = before.get(domain)?.get(selector)
        const one = known?.pem === pem ? known : { pem, sealed: seal(this.#key, dkimPurpose(domain, selector), pem) }
        sealed.set(selector, one)
        return { selector, algorithm: SIGNING[algorithm], sealedKey: one.sealed }
      }
      configs.set(domain, stored.map(configOf))
    }
    return configs
  }
}
