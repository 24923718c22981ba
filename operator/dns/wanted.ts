import { createHmac } from 'node:crypto'

export type Purpose = 'Ownership' | 'SPF' | 'DKIM' | 'DMARC' | 'ReturnPath' | 'ClientSetup'

/** A DNS record that a Domain should have. */
export interface WantedRecord {
  purpose: Purpose
  type: 'TXT' | 'MX' | 'SRV' | 'CNAME'
  /** Full name, without the final dot. */
  name: string
  /** What to publish, as in a zone file (unquoted); a sentence for ReturnPath, because any MX host will do. */
  value: string
  /** Sending may wait for it (spec.verification.sending of the MailPlatform). */
  required: boolean
}

export interface DomainFacts {
  domainName: string
  /** Namespace of the Domain resource, which claims the domain. */
  namespace: string
  /** Full name of the host that sends mail. */
  hostName: string
  /** IP addresses of the pools; if empty, SPF names the host. */
  addresses: string[]
  dkim: { selector: string; value: string }[]
}

/** Proves that a namespace owns a domain: each pair of namespace and domain has its own token. 32 characters. */
export const ownershipToken = (platformKey: Buffer, namespace: string, domainName: string): string =>
  createHmac('sha256', platformKey).update(`ownership/${namespace}/${domainName}`).digest('hex').slice(0, 32)

/** The records of a Domain: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC). Pure. */
export function wantedRecords(facts: DomainFacts, platformKey: Buffer): WantedRecord[] {
  const { domainName, namespace, hostName, addresses, dkim } = facts
  const token = ownershipToken(platformKey, namespace, domainName)
  return [
    {
      purpose: 'Ownership',
      type: 'TXT',
      name: `_postrider.${domainName}`,
      value: `postrider-verification=${token}`,
      required: true,
    },
    {
      purpose: 'SPF',
      type: 'TXT',
      name: domainName,
      value: `v=spf1 ${spfMechanisms(hostName, addresses).join(' ')} ~all`,
      required: true,
    },
    ...dkim.map(({ selector, value }): WantedRecord => {
      return { purpose: 'DKIM', type: 'TXT', name: `${selector}._domainkey.${domainName}`, value, required: true }
    }),
    { purpose: 'DMARC', type: 'TXT', name: `_dmarc.${domainName}`, value: 'v=DMARC1; p=none', required: true },
    {
      purpose: 'ReturnPath',
      type: 'MX',
      name: domainName,
      value: 'any MX host that accepts the bounces of this domain',
      required: false,
    },
  ]
}

/** The mechanisms that let this platform's mail pass. */
const spfMechanisms = (hostName: string, addresses: string[]): string[] =>
  addresses.length === 0
    ? [`a:${hostName}`]
    : addresses.map((address) => (address.includes(':') ? `ip6:${address}` : `ip4:${address}`))
