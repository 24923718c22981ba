import { createPrivateKey } from 'node:crypto'
import type { DkimKey } from '@postrider/mail/dkim'
import type { DomainConfig } from './config.ts'
import { dkimPurpose, unseal } from '@postrider/secrets/seal'

/** Returns a function that unseals a domain's DKIM keys. They are unsealed and parsed once per entry of the configuration and released
 * with it: replaced private keys, and those of a deleted domain, do not stay in memory. Throws NotSealedError. */
export function createKeyring(platformKey: Buffer): (domain: DomainConfig) => DkimKey[] {
  const unsealed = new WeakMap<DomainConfig, DkimKey[]>()
  return (domain) => {
    let keys = unsealed.get(domain)
    if (keys === undefined) unsealed.set(domain, (keys = unsealKeys(platformKey, domain)))
    return keys
  }
}

const unsealKeys = (platformKey: Buffer, { name, dkim }: DomainConfig): DkimKey[] =>
  dkim.map(({ selector, algorithm, sealedKey }) => {
    const privateKey = createPrivateKey(unseal(platformKey, dkimPurpose(name, selector), sealedKey))
    return { domain: name, selector, algorithm, privateKey }
  })
