import type { DkimConfig } from '@postrider/runtime-config/config'
import { dkimPurpose, NotSealed, seal, unseal } from '@postrider/secrets/seal'
import { SIGNING } from './secrets.ts'
import type { StoredKey } from './secrets.ts'

/** Seals keys for the configuration, each once: sealing the same key again would look like a change of it. What the configuration
 * holds already is taken from there when it is the same key. */
export class Sealer {
  readonly #key: Buffer
  readonly #sealed = new Map<string, { pem: string; sealed: string }>()

  constructor(key: Buffer, published: Iterable<{ domain: string; dkim: DkimConfig[] }>) {
    this.#key = key
    for (const { domain, dkim } of published) for (const entry of dkim) this.#remember(domain, entry)
  }

  #remember(domain: string, { selector, sealedKey }: DkimConfig): void {
    const purpose = dkimPurpose(domain, selector)
    try {
      this.#sealed.set(purpose, { pem: unseal(this.#key, purpose, sealedKey), sealed: sealedKey })
    } catch (error) {
      // Of another platform key: it is sealed anew.
      if (!(error instanceof NotSealed)) throw error
    }
  }

  configOf(domain: string, { selector, algorithm, pem }: StoredKey): DkimConfig {
    const purpose = dkimPurpose(domain, selector)
    const known = this.#sealed.get(purpose)
    const sealed = known?.pem === pem ? known.sealed : seal(this.#key, purpose, pem)
    this.#sealed.set(purpose, { pem, sealed })
    return { selector, algorithm: SIGNING[algorithm], sealedKey: sealed }
  }
}
