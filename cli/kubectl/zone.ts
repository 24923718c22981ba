import type { ComparedRecord } from '@postrider/operator/dns/compare'

/** Longest character-string in a TXT record, in octets (RFC 1035, 3.3). */
const LONGEST = 255
/** A Domain's status cuts longer values (operator/dns/compare.ts). */
const CUT = 500
const TTL_SECONDS = 3600

/** Lines for a zone file (RFC 1035, 5.1): records to add or change; existing ones are only a comment. Pure. */
export function zoneLines(domainName: string, records: ComparedRecord[]): string[] {
  const open = records.filter(({ state, required }) => required && state !== 'Found').length
  return [`; ${domainName}: ${open === 0 ? 'all published' : `${open} to publish`}`, ...records.flatMap(linesOf)]
}

function linesOf(record: ComparedRecord): string[] {
  const { type, name, value, state, seen, purpose } = record
  if (state === 'Found') return [`; ${purpose} is published: ${type} ${name}`]
  if (type === 'SRV' || type === 'CNAME') {
    const instead = state === 'Different' ? `, replacing: ${oneLine(seen ?? '')}` : ''
    return [`; ${purpose}${instead}`, `${name}. ${TTL_SECONDS} IN ${type} ${value}`]
  }
  if (type !== 'TXT') return [`; ${purpose}: ${type} ${name} is ${state.toLowerCase()}; expected: ${value}`]
  if (state === 'Unknown') return [`; ${purpose} could not be looked up: ${oneLine(seen ?? '')}`, txt(name, value)]
  if (state === 'Missing' || seen === undefined) return [`; ${purpose}`, txt(name, value)]
  // A domain has only one SPF record (RFC 7208, 4.5): its mechanisms are kept.
  if (purpose !== 'SPF') return [`; ${purpose}, replacing: ${oneLine(seen)}`, txt(name, value)]
  if (seen.length >= CUT) return [`; SPF: add ${mechanisms(value).join(' ')} to the existing record at ${name}`]
  return [`; SPF, replacing: ${oneLine(seen)}`, txt(name, mergeSpf(seen, value))]
}

const txt = (name: string, value: string): string => `${name}. ${TTL_SECONDS} IN TXT ${quoted(value)}`

/** Several strings if one would be too long. */
export function quoted(value: string): string {
  const octets = Buffer.from(value)
  const parts: string[] = []
  for (let at = 0; at < octets.length || at === 0; at += LONGEST) parts.push(escaped(octets.subarray(at, at + LONGEST)))
  return parts.map((part) => `"${part}"`).join(' ')
}

/** `\"`, `\\`, and `\DDD` for anything that is not printable ASCII (RFC 1035, 5.1). */
const escaped = (octets: Buffer): string =>
  [...octets]
    .map((octet) => {
      const letter = String.fromCharCode(octet)
      if (letter === '"' || letter === '\\') return `\\${letter}`
      return octet >= 0x20 && octet < 0x7f ? letter : `\\${String(octet).padStart(3, '0')}`
    })
    .join('')

/** The text comes from foreign DNS: a line break in it would end the comment. */
const oneLine = (text: string): string => text.replace(/[^ -~]/g, '?')

/** The existing record, with the missing mechanisms at the front, before any `all`. */
export function mergeSpf(present: string, wanted: string): string {
  const [version = 'v=spf1', ...terms] = present.trim().split(/\s+/)
  const has = new Set(terms.map((term) => term.toLowerCase().replace(/^\+/, '')))
  return [version, ...mechanisms(wanted).filter((mechanism) => !has.has(mechanism.toLowerCase())), ...terms].join(' ')
}

const mechanisms = (spf: string): string[] =>
  spf.split(/\s+/).filter((term) => term !== '' && !/^v=spf1$/i.test(term) && !/^[~?+-]?all$/i.test(term))
