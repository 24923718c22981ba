import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

/** Octets of an address. RFC 5321, 4.5.3.1, asks for 64 before the @ and 254 in all, and to impose no limit where that is possible: reply
 * addresses of web services and rewritten senders (VERP, SRS) are longer. This one keeps a command within its line. */
export const MAX_ADDRESS = 512
/** Octets of a domain name as text: 255 on the wire (RFC 1035, 2.3.4). */
export const MAX_DOMAIN = 253

/** Brings `local@domain` into the form in which the platform compares and keeps addresses: the domain in lower-case A-labels, without the
 * root's dot; the local part as it is, but with quotes where its dots need them: `"kim..lee"@example.org`. Undefined when it is not an
 * address that MAIL or RCPT may name (RFC 5321, 4.1.2), or when the local part needs SMTPUTF8 (RFC 6531, 3.3) and `utf8` is false. */
export function normaliseAddress(address: string, { utf8 = true } = {}): string | undefined {
  const at = address.lastIndexOf('@')
  if (at < 1) return undefined
  const local = withQuotedDots(address.slice(0, at))
  if (!isLocalPart(local) || (!utf8 && !isAscii(local))) return undefined
  const domain = normaliseDomain(address.slice(at + 1))
  if (domain === undefined || Buffer.byteLength(local) + 1 + domain.length > MAX_ADDRESS) return undefined
  return `${local}@${domain}`
}

/** Some providers gave out mailboxes with dots where a dot-string has none. As Postfix does, they are named by a quoted string. */
const withQuotedDots = (local: string): string =>
  /^\.|\.\.|\.$/.test(local) && ATOMS.test(local) ? `"${local}"` : local

/** A domain name in lower-case A-labels, without a dot at its end, or an address literal as it is; undefined when it is neither. */
export function normaliseDomain(given: string): string | undefined {
  if (given.startsWith('[')) return isAddressLiteral(given) ? given : undefined
  const domain = given.endsWith('.') ? given.slice(0, -1) : given
  if (domain.length === 0 || domain.length > MAX_DOMAIN) return undefined
  const ascii = toALabels(domain)
  if (ascii.length > MAX_DOMAIN) return undefined
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

/** The empty string when it cannot be a host name. */
function toALabels(domain: string): string {
  if (isAscii(domain)) return domain.toLowerCase()
  // domainToASCII follows the URL standard: it undoes %41, drops tabs and takes `/`, `?` and `#` for the end.
  if (/(?![a-zA-Z0-9._-])[\u0000-\u007f]/.test(domain)) return ''
  const ascii = domainToASCII(domain)
  // It maps look-alikes as well, such as full-width letters: what it made of the name must lead back to it (RFC 5891, 5.4).
  return domainToUnicode(ascii) === domain.toLowerCase().normalize('NFC') ? ascii : ''
}

/** Whether an address in its normal form can be named only with SMTPUTF8 (RFC 6531, 3.3). */
export const needsUtf8 = (address: string): boolean => !isAscii(address)

const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text)

/** Control characters, and what is not seen or turns the text around it. */

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u115f\u1160\u3164\uffa0\ufe00-\ufe0f\ufffd]/u

/** Dot-string or quoted string (RFC 5321, 4.1.2), with UTF-8 as RFC 6531, 3.3 adds it. */
export function isLocalPart(local: string): boolean {
  if (UNSEEN.test(local) || !local.isWellFormed()) return false
  if (/^"(?:[^"\\]|\\.)*"$/.test(local)) return true
  return ATOMS.test(local) && !local.startsWith('.') && !local.endsWith('.') && !local.includes('..')
}

/** Atoms and dots in any order. */
const ATOMS = /^[^\s"(),:;<>@[\\\]]+$/

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
export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** The domain in lower case, the local part as it is (RFC 5321, 2.4): what the credentials of a configuration are found by. */
export const withLowerDomain = (address: string): string =>
  address.slice(0, address.lastIndexOf('@')) + address.slice(address.lastIndexOf('@')).toLowerCase()
