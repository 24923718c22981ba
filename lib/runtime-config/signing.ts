import { normaliseDomain } from '@postrider/mail/address'
import { signDkim } from '@postrider/mail/dkim'
import type { DkimKey } from '@postrider/mail/dkim'
import { domainOf } from '@postrider/mail/envelope'
import { octetsOf, parseMessage } from '@postrider/mail/message'
import { addressesOf } from '@postrider/mail/mailbox'
import type { DomainConfig } from './config.ts'
import { NotSealedError } from '@postrider/secrets/seal'

type Domains = ReadonlyMap<string, DomainConfig>

const canSign = (domain: DomainConfig | undefined): domain is DomainConfig =>
  domain !== undefined && domain.dkim.length > 0

/** The Domain whose keys sign a submitted message: that of its From address if the platform has keys for it, since DMARC requires a
 * signature of that domain (RFC 7489, 3.1.1), otherwise the submitter's. `from` has the addresses of the From field; the caller has
 * checked that the submitter may use them. */
export function signingDomain(domains: Domains, from: string[], submitter: DomainConfig): DomainConfig {
  const [author] = from
  const own = author === undefined ? undefined : domains.get(keyOf(author))
  return canSign(own) ? own : submitter
}

/** The Domain whose keys sign the platform's own mail: that of its From address, or the nearest one above it, which relaxed alignment
 * accepts (RFC 7489, 3.1.1). Undefined if the platform has keys for none of them. */
export function platformSigningDomain(domains: Domains, from: string): DomainConfig | undefined {
  const [address = ''] = addressesOf(from)
  for (let name = keyOf(address); name !== ''; name = above(name)) {
    const domain = domains.get(name)
    if (canSign(domain)) return domain
  }
  return undefined
}

/** The domain of an address in the form that the configuration uses: lower-case A-labels. */
const keyOf = (address: string): string => normaliseDomain(domainOf(address)) ?? ''

/** The name without its first label; empty if it has only one. */
const above = (name: string): string => {
  const dot = name.indexOf('.')
  return dot === -1 ? '' : name.slice(dot + 1)
}

/** Signs a mail whose From field is `from`; resolves with signature and content. */
export type SignMail = (content: Buffer, from: string, now: number) => Promise<Buffer>

/** Signs the platform's own mail, whose From field is `from`. Resolves with the unchanged content if there is no key for it, or the key
 * cannot be unsealed: an unsigned notice is better than none. `now` is in milliseconds since the epoch. */
export async function signPlatformMail(
  content: Buffer,
  from: string,
  { domains, keysOf }: { domains: Domains; keysOf: (domain: DomainConfig) => DkimKey[] },
  now: number,
): Promise<Buffer> {
  const domain = platformSigningDomain(domains, from)
  if (domain === undefined) return content
  try {
    const message = parseMessage(content)
    const signature = await signDkim(message, keysOf(domain), now)
    return octetsOf({ ...message, fields: [...signature, ...message.fields] })
  } catch (error) {
    if (error instanceof NotSealedError) return content
    throw error
  }
}
