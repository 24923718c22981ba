import { MAX_ADDRESS, MAX_DOMAIN, isAddressLiteral, isLocalPart, normaliseAddress, normaliseDomain } from './address.ts'

/** What is wrong with an address in MAIL, RCPT or From, as a text for its author; undefined exactly when normaliseAddress accepts it. */
export function addressFault(address: string): string | undefined {
  if (normaliseAddress(address) !== undefined) return undefined
  const at = address.lastIndexOf('@')
  if (at === -1) return 'it has no @ and no domain'
  if (at === 0) return 'there is nothing before the @'
  return localPartFault(address.slice(0, at)) ?? domainFault(address.slice(at + 1)) ?? tooLong()
}

const NAMES: Partial<Record<string, string>> = {
  ' ': 'a space',
  '\t': 'a tab',
  ',': 'a comma',
  ';': 'a semicolon',
  ':': 'a colon',
}

function localPartFault(local: string): string | undefined {
  // Misplaced dots are not a fault: normaliseAddress quotes the local part.
  if (isLocalPart(local.replaceAll('.', 'x'))) return undefined
  if (local.startsWith('"')) return 'the part before the @ is not one complete quoted string'
  const [odd] = /[\s"(),:;<>@[\\\]]/.exec(local) ?? []
  if (odd === undefined) return 'the part before the @ contains an invisible character'
  return `the part before the @ contains ${NAMES[odd] ?? `the character ${odd}`}, which is not allowed without quotes`
}

function domainFault(domain: string): string | undefined {
  if (domain === '') return 'there is no domain after the @'
  if (domain.startsWith('[')) {
    return isAddressLiteral(domain) ? undefined : `"${domain}" is not a valid IP address in square brackets`
  }
  if (domain.length > MAX_DOMAIN) return `its domain is longer than ${MAX_DOMAIN} octets`
  return normaliseDomain(domain) === undefined ? `"${domain}" is not a valid domain name` : undefined
}

const tooLong = (): string => `it is longer than ${MAX_ADDRESS} octets`
