import { domainToASCII } from 'node:url'

/** Brings `local@domain` into the form in which the platform compares and keeps addresses: the domain in lower-case A-labels,
 * the local part as it is. Undefined when it is no address (RFC 5321, 4.1.2: local part up to 64 octets, domain up to 255). */
export function normaliseAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  const domain = normaliseDomain(address.slice(at + 1))
  if (at < 1 || domain === undefined || Buffer.byteLength(local) > 64) return undefined
  return isLocalPart(local) ? `${local}@${domain}` : undefined
}

/** A domain name in lower-case A-labels, or an address literal as it is; undefined when it is neither. */
export function normaliseDomain(domain: string): string | undefined {
  if (/^\[[0-9a-fA-F.:]+\]$|^\[IPv6:[0-9a-fA-F.:]+\]$/.test(domain)) return domain
  if (domain.length === 0 || domain.length > 255) return undefined
  // domainToASCII reads numbers as IPv4 addresses and follows the URL standard otherwise.
  const ascii = /^[a-z0-9.-]+$/.test(domain) ? domain : domainToASCII(domain.toLowerCase())
  const labels = ascii.split('.')
  return labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) ? ascii : undefined
}

/** Dot-string or quoted string (RFC 5321, 4.1.2), with UTF-8 as RFC 6531, 3.3 adds it. */
function isLocalPart(local: string): boolean {
  // eslint-disable-next-line no-control-regex -- the control characters are what the pattern keeps out
  if (/[\u0000-\u001f\u007f\u0080-\u009f\u200b\u2060\ufeff]/.test(local)) return false
  if (/^"(?:[^"\\]|\\.)*"$/.test(local)) return true
  return /^[^\s"(),:;<>@[\\\]]+$/.test(local) && !local.startsWith('.') && !local.endsWith('.') && !local.includes('..')
}

/** Whether an address is one of the allowed senders: `a@b`, compared without regard to case, or `*@b`, exactly that domain. */
export function matchesSender(patterns: string[], address: string): boolean {
  const normal = normaliseAddress(address)?.toLowerCase()
  if (normal === undefined) return false
  const anyOfDomain = `*${normal.slice(normal.lastIndexOf('@'))}`
  return patterns.some((pattern) => {
    const wanted = pattern.toLowerCase()
    return wanted === normal || wanted === anyOfDomain
  })
}
