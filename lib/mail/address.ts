import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** RFC 5321, 4.5.3.1, in octets: the path of 256 less its angle brackets. */
export const LONGEST_ADDRESS = 254
export const LONGEST_LOCAL_PART = 64
export const LONGEST_DOMAIN = 255

/** Brings `local@domain` into the form in which the platform compares and keeps addresses: the domain in lower-case A-labels,
 * the local part as it is. Undefined when it is no address that MAIL or RCPT may name (RFC 5321, 4.1.2), or when the local part
 * needs SMTPUTF8 (RFC 6531, 3.3) and `utf8` is false. */
export function normaliseAddress(address: string, { utf8 = true } = {}): string | undefined {
  const at = address.lastIndexOf('@')
  if (at < 1) return undefined
  const local = address.slice(0, at)
  if (Buffer.byteLength(local) > LONGEST_LOCAL_PART || !isLocalPart(local)) return undefined
  if (!utf8 && !isAscii(local)) return undefined
  const domain = normaliseDomain(address.slice(at + 1))
  if (domain === undefined || Buffer.byteLength(local) + 1 + domain.length > LONGEST_ADDRESS) return undefined
  return `${local}@${domain}`
}

/** A domain name in lower-case A-labels, or an address literal as it is; undefined when it is neither. */
export function normaliseDomain(domain: string): string | undefined {
  if (domain.startsWith('[')) return isAddressLiteral(domain) ? domain : undefined
  if (domain.length === 0 || domain.length > LONGEST_DOMAIN) return undefined
  const ascii = toALabels(domain)
  if (ascii.length > LONGEST_DOMAIN) return undefined
  const labels = ascii.split('.')
  if (!labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) return undefined
  // 192.0.2.1 is an address, not a name: no top level is a number (RFC 3696, 2).
  return /^\d+$/.test(labels.at(-1) ?? '') ? undefined : ascii
}

/** RFC 5321, 4.1.3: `[192.0.2.1]` or `[IPv6:2001:db8::1]`. */
export function isAddressLiteral(domain: string): boolean {
  const [, tag, address = ''] = /^\[(IPv6:)?([0-9a-f:.]+)\]$/i.exec(domain) ?? []
  return tag === undefined ? isIPv4(address) : isIPv6(address)
}

/** The empty string when it can't be a host name. */
function toALabels(domain: string): string {
  if (isAscii(domain)) return domain.toLowerCase()
  // domainToASCII follows the URL standard: it undoes %41, drops tabs and takes `/`, `?` and `#` for the end.

  return /(?![a-zA-Z0-9._-])[\u0000-\u007f]/.test(domain) ? '' : domainToASCII(domain)
}

/** Whether an address in its normal form can be named only with SMTPUTF8 (RFC 6531, 3.3). */
export const needsUtf8 = (address: string): boolean => !isAscii(address)

const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text)

/** Control characters, and what is not seen or turns the text around it. */

const UNSEEN = /[\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/

/** Dot-string or quoted string (RFC 5321, 4.1.2), with UTF-8 as RFC 6531, 3.3 adds it. */
export function isLocalPart(local: string): boolean {
  if (UNSEEN.test(local) || !local.isWellFormed()) return false
  if (/^"(?:[^"\\]|\\.)*"$/.test(local)) return true
  return /^[^\s"(),:;<>@[\\\]]+$/.test(local) && !local.startsWith('.') && !local.endsWith('.') && !local.includes('..')
}

/** Whether an address is one of the allowed senders: `a@b`, compared without regard to case, or `*@b`, exactly that domain. */
export function matchesSender(patterns: string[], address: string): boolean {
  const normal = normaliseAddress(address)
  if (normal === undefined) return false
  const wanted = lowerAscii(normal)
  const anyOfDomain = `*${wanted.slice(wanted.lastIndexOf('@'))}`
  return patterns.some((pattern) => {
    const lower = lowerAscii(pattern)
    return lower === wanted || lower === anyOfDomain
  })
}

/** Only ASCII: toLowerCase() would make a `k` of the Kelvin sign. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** The domain in lower case, the local part as it is (RFC 5321, 2.4): what the credentials of a configuration are found by. */
export const withLowerDomain = (address: string): string =>
  address.slice(0, address.lastIndexOf('@')) + address.slice(address.lastIndexOf('@')).toLowerCase()
