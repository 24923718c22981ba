import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'

/** Maximum length of an address, in octets. RFC 5321, 4.5.3.1, requires support for 64 octets before the @ and 254 in all, and
 * recommends no limit where possible: reply addresses of web services and rewritten senders (VERP, SRS) are longer. This limit keeps a
 * command within its line. */
export const MAX_ADDRESS = 512
/** Maximum length of a domain name as text, in octets: 255 on the wire (RFC 1035, 2.3.4). */
export const MAX_DOMAIN = 253

/** Normalises `local@domain` to the form in which the platform compares and stores addresses: the domain in lower-case A-labels, without
 * a final dot; the local part unchanged, but quoted if its dots require that: `"kim..lee"@example.org`. Returns undefined when it is
 * not a valid address for MAIL or RCPT (RFC 5321, 4.1.2), or when the local part needs SMTPUTF8 (RFC 6531, 3.3) and `utf8` is false. */
export function normaliseAddress(address: string, { utf8 = true } = {}): string | undefined {
  const at = address.lastIndexOf('@')
  if (at < 1) return undefined
  const local = withQuotedDots(address.slice(0, at))
  if (!isLocalPart(local) || (!utf8 && !isAscii(local))) return undefined
  const domain = normaliseDomain(address.slice(at + 1))
  if (domain === undefined || Buffer.byteLength(local) + 1 + domain.length > MAX_ADDRESS) return undefined
  return `${local}@${domain}`
}

/** Some providers assigned mailboxes with dots where a dot-string has none. As in Postfix, they are written as a quoted string. */
const withQuotedDots = (local: string): string =>
  /^\.|\.\.|\.$/.test(local) && ATOMS.test(local) ? `"${local}"` : local

/** Normalises a domain name to lower-case A-labels without a final dot, and returns an address literal unchanged; undefined when it is
 * neither. */
export function normaliseDomain(given: string): string | undefined {
  if (given.startsWith('[')) return isAddressLiteral(given) ? given : undefined
  const domain = given.endsWith('.') ? given.slice(0, -1) : given
  if (domain.length === 0 || domain.length > MAX_DOMAIN) return undefined
  const ascii = toALabels(domain)
  if (ascii.length > MAX_DOMAIN) return undefined
  const labels = ascii.split('.')
  if (!labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) return undefined
  // 192.0.2.1 is an address, not a name: no top-level domain is a number (RFC 3696, 2).
  return /^\d+$/.test(labels.at(-1) ?? '') ? undefined : ascii
}

/** Whether it is an address literal (RFC 5321, 4.1.3): `[192.0.2.1]` or `[IPv6:2001:db8::1]`. */
export function isAddressLiteral(domain: string): boolean {
  const [, tag, address = ''] = /^\[(IPv6:)?([0-9a-f:.]+)\]$/i.exec(domain) ?? []
  return tag === undefined ? isIPv4(address) : isIPv6(address)
}

/** Converts a domain to lower-case A-labels; the empty string when it cannot be a host name. */
function toALabels(domain: string): string {
  if (isAscii(domain)) return domain.toLowerCase()
  // domainToASCII follows the URL standard: it decodes %41, drops tabs, and ends the name at `/`, `?` and `#`.
  if (/(?![a-zA-Z0-9._-])[\u0000-\u007f]/.test(domain)) return ''
  const ascii = domainToASCII(domain)
  // It also maps look-alikes, such as full-width letters, so its result must convert back to the given name (RFC 5891, 5.4).
  return domainToUnicode(ascii) === domain.toLowerCase().normalize('NFC') ? ascii : ''
}

/** Whether an address in its normal form can be named only with SMTPUTF8 (RFC 6531, 3.3). */
export const needsUtf8 = (address: string): boolean => !isAscii(address)

const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text)

/** Control characters, invisible characters, and characters that change the text direction. */

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u115f\u1160\u3164\uffa0\ufe00-\ufe0f\ufffd]/u

/** Whether it is a dot-string or a quoted string (RFC 5321, 4.1.2), with UTF-8 as in RFC 6531, 3.3. */
export function isLocalPart(local: string): boolean {
  if (UNSEEN.test(local) || !local.isWellFormed()) return false
  if (/^"(?:[^"\\]|\\.)*"$/.test(local)) return true
  return ATOMS.test(local) && !local.startsWith('.') && !local.endsWith('.') && !local.includes('..')
}

/** Atoms and dots in any order. */
const ATOMS = /^[^\s"(),:;<>@[\\\]]+$/

/** Whether an address matches one of the patterns: `a@b`, compared without regard to case, or `*@b`, exactly that domain. */
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

/** Lower-cases ASCII letters only: toLowerCase() would turn the Kelvin sign into `k`. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())

/** Lower-cases the domain and keeps the local part (RFC 5321, 2.4): the form in which a configuration lists credentials. */
export const withLowerDomain = (address: string): string =>
  address.slice(0, address.lastIndexOf('@')) + address.slice(address.lastIndexOf('@')).toLowerCase()
