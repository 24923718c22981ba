import {
  LONGEST_ADDRESS,
  LONGEST_DOMAIN,
  LONGEST_LOCAL_PART,
  isAddressLiteral,
  isLocalPart,
  normaliseAddress,
  normaliseDomain,
} from './address.ts'

/** What is wrong with an address that MAIL or RCPT names, for whoever wrote it; undefined exactly when normaliseAddress takes it.
 * The limits are those of RFC 5321, 4.5.3.1. */
export function addressFault(address: string): string | undefined {
  if (normaliseAddress(address) !== undefined) return undefined
  const at = address.lastIndexOf('@')
  if (at === -1) return 'it has no @ and no domain'
  if (at === 0) return 'there is nothing before the @'
  return localPartFault(address.slice(0, at)) ?? domainFault(address.slice(at + 1)) ?? tooLong()
}

function localPartFault(local: string): string | undefined {
  if (Buffer.byteLength(local) > LONGEST_LOCAL_PART) {
    return `what is before the @ is longer than ${LONGEST_LOCAL_PART} octets`
  }
  if (isLocalPart(local)) return undefined
  if (/^\.|\.$|\.\./.test(local)) return 'dots before the @ stand alone and between other characters'
  return 'what is before the @ has characters that need quotes, or that no address may have'
}

function domainFault(domain: string): string | undefined {
  if (domain === '') return 'there is no domain after the @'
  if (domain.startsWith('[')) return isAddressLiteral(domain) ? undefined : 'what is in brackets is no IP address'
  if (domain.length > LONGEST_DOMAIN) return `its domain is longer than ${LONGEST_DOMAIN} octets`
  return normaliseDomain(domain) === undefined ? 'its domain is no domain name' : undefined
}

const tooLong = (): string => `it is longer than ${LONGEST_ADDRESS} octets`
