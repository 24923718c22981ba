import type { DkimConfig } from '@postrider/runtime-config/config'
import { dkimPurpose, NotSealedError, seal, unseal } from '@postrider/secrets/seal'
import { SIGNING } from './secrets.ts'
import type { StoredKey } from './secrets.ts'

interface Sealed {
  pem: string
  sealed: string
}

/** Seals keys for the configuration, each once: sealing a key again gives another result, which would look like a change. Reuses the
 * sealed keys of the published configuration. Forgets keys that are no longer in it. */
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
      // From another platform key: it is sealed again.
      if (error instanceof NotSealedError) return []
      throw error
    }
  }

  /** The sealed keys of all domains, by domain name, for the configuration. Forgets all other keys. */
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
