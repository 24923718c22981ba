import { ContentRefused } from './refused.ts'

/** RFC 5322, 2.1.1: octets of a line without its CRLF. */
const MAX_LINE = 998

/** Where a field without white space can be folded all the same, since a blank there means nothing: behind the commas of address lists, between
 * message ids, behind the semicolons of parameters, and inside the base64 of a signature (RFC 5322, 3.4 and 3.6.4; RFC 2045, 5.1; RFC 6376, 3.5). */
type Gap = 'comma' | 'id' | 'semicolon' | 'signature'

const ADDRESSES = 'from sender reply-to to cc bcc resent-from resent-sender resent-to resent-cc resent-bcc'.split(' ')
const LISTS = 'list-unsubscribe list-help list-subscribe list-post list-owner list-archive'.split(' ')
const IDS = 'references in-reply-to'.split(' ')
const PARAMETERS = 'content-type content-disposition authentication-results arc-authentication-results'.split(' ')
const SIGNATURES = 'dkim-signature arc-message-signature arc-seal'.split(' ')

const GAPS = new Map<string, Gap[]>([
  ...[...ADDRESSES, ...LISTS].map((name): [string, Gap[]] => [name, ['comma']]),
  ...IDS.map((name): [string, Gap[]] => [name, ['id']]),
  ...PARAMETERS.map((name): [string, Gap[]] => [name, ['semicolon']]),
  ...SIGNATURES.map((name): [string, Gap[]] => [name, ['semicolon', 'signature']]),
])

/** Folds the over-long lines of a field, given with its CRLF (RFC 5322, 2.2.3): before white space, and where there is none in the gaps of
 * its kind. Throws ContentRefused, naming the field and the length, when that does not help. */
export function foldField(name: string, field: Buffer): Buffer {
  const text = field.toString('latin1')
  const gaps = gapsIn(text, GAPS.get(name) ?? [])
  const pieces: string[] = []
  let start = 0
  for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n', start)) {
    // Nothing is folded inside the name.
    const from = start === 0 ? text.indexOf(':') + 1 : start
    if (end - start <= MAX_LINE) pieces.push(text.slice(start, end + 2))
    else pieces.push(...folded(name, text, { start, end, from }, gaps))
    start = end + 2
  }
  return Buffer.from(pieces.join(''), 'latin1')
}

interface Line {
  start: number
  end: number
  from: number
}

function folded(name: string, text: string, line: Line, gaps: Set<number>): string[] {
  const pieces: string[] = []
  let { start, from } = line
  let { end } = line
  // White space at the end of a field means nothing, and could become a line of nothing else.
  while (end > start && isWhite(text[end - 1])) end--
  // A continuation line of nothing but white space: the field goes on without it.
  if (end === start) return pieces
  let lead = ''
  while (end - start + lead.length > MAX_LINE) {
    const limit = start + MAX_LINE - lead.length
    const white = lastWhite(text, start, from, limit)
    const gap = lastGap(gaps, from, limit)
    // A name alone on its line is right, and looks odd.
    const at = white === from && gap !== undefined ? gap : (white ?? gap)
    if (at === undefined) throw refusal(name, line.end - line.start)
    pieces.push(`${lead}${text.slice(start, at)}\r\n`)
    lead = at === white ? '' : ' '
    start = from = at
  }
  return [...pieces, `${lead}${text.slice(start, end)}\r\n`]
}

/** Something other than white space must stay on the line: a field's name does, and so does the first word. */
function lastWhite(text: string, start: number, from: number, limit: number): number | undefined {
  let first = from
  if (from === start) while (isWhite(text[first])) first++
  for (let at = limit; at >= first; at--) if (isWhite(text[at])) return at
  return undefined
}

function lastGap(gaps: Set<number>, from: number, limit: number): number | undefined {
  for (let at = limit; at > from; at--) if (gaps.has(at)) return at
  return undefined
}

function refusal(name: string, length: number): ContentRefused {
  const shown =
    name.length > 60 ? `${name.slice(0, 60)}...` : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
  const text = `the ${shown} field has a line of ${length} octets, and ${MAX_LINE} is the limit; fold or shorten it`
  return new ContentRefused(554, '5.6.0', text)
}

/** Quoted strings, comments and what is in angle brackets, which are passed over as one, and what may stand between two members. */
const TOKEN = /"(?:[^"\\]|\\[^])*"|\((?:[^()\\]|\\[^])*\)|<[^<>]*>|[,;]/g

/** Offsets before which CRLF and a space may be put. */
function gapsIn(text: string, kinds: Gap[]): Set<number> {
  const gaps = new Set<number>()
  if (kinds.length === 0) return gaps
  for (const { index, 0: token } of text.matchAll(TOKEN)) {
    const end = index + token.length
    if (token === ',' && kinds.includes('comma')) gaps.add(end)
    if (token === ';' && kinds.includes('semicolon')) gaps.add(end)
    if (token.startsWith('<') && text[end] === '<' && kinds.includes('id')) gaps.add(end)
  }
  if (kinds.includes('signature'))
    for (const { index, 0: found } of text.matchAll(SIGNATURE)) addWithin(gaps, index, found)
  return gaps
}

/** The value of the tag `b`. */
const SIGNATURE = /(?<=[;\s])b\s*=[A-Za-z0-9+/=\s]+/g

function addWithin(gaps: Set<number>, index: number, found: string): void {
  for (let at = found.indexOf('=') + 2; at < found.length; at++) gaps.add(index + at)
}

const isWhite = (char: string | undefined): boolean => char === ' ' || char === '\t'
