import { createPrivateKey } from 'node:crypto'
import type { DkimKey } from '@postrider/mail/dkim'
import type { DomainConfig } from './config.ts'
import { dkimPurpose, unseal } from '@postrider/secrets/seal'

/** Opens a domain's sealed DKIM keys. They are opened and parsed once for each entry of the configuration, and go with it: private keys of
 * a domain that was deleted, or that has others now, do not stay in memory. */
export function createKeyring(platformKey: Buffer): (domain: DomainConfig) => DkimKey[] {
  const opened = new WeakMap<DomainConfig, DkimKey[]>()
  return (domain) => {
    let keys = opened.get(domain)
    if (keys === undefined) opened.set(domain, (keys = openKeys(platformKey, domain)))
    return keys
  }
}

const openKeys = (platformKey: Buffer, { name, dkim }: DomainConfig): DkimKey[] =>
  dkim.map(({ selector, algorithm, sealedKey }) => {
    const privateKey = createPrivateKey(unseal(platformKey, dkimPurpose(name, selector), sealedKey))
    return { domain: name, selector, algorithm, privateKey }
  })
