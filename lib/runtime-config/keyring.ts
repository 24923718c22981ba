import { createPrivateKey } from 'node:crypto'
import type { DkimKey } from '@postrider/mail/dkim'
import type { DomainConfig } from './config.ts'
import { dkimPurpose, unseal } from '@postrider/secrets/seal'

/** Opens a domain's sealed DKIM keys. Each is opened and parsed once for as long as its sealed form stays the same. */
export function createKeyring(platformKey: Buffer): (domain: DomainConfig) => DkimKey[] {
  const opened = new Map<string, { sealedKey: string; key: DkimKey }>()
  return ({ name, dkim }) =>
    dkim.map(({ selector, algorithm, sealedKey }) => {
      const purpose = dkimPurpose(name, selector)
      const found = opened.get(purpose)
      if (found?.sealedKey === sealedKey) return found.key
      const privateKey = createPrivateKey(unseal(platformKey, purpose, sealedKey))
      const key: DkimKey = { domain: name, selector, algorithm, privateKey }
      opened.set(purpose, { sealedKey, key })
      return key
    })
}
