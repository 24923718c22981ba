import { MAX_LINE } from './cut-line.ts'
import { ContentRefusedError } from './refused.ts'
import { endOfComment, endOfQuoted } from './split-mailboxes.ts'

/** Where a field without white space can be folded, because a blank has no meaning there: after the commas of address lists, between
 * message ids, after the semicolons of parameters, and inside the base64 of a signature (RFC 5322, 3.4 and 3.6.4; RFC 2045, 5.1; RFC
 * 6376, 3.5). */
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

/** Folds the over-long lines of a field, given with its CRLF (RFC 5322, 2.2.3): before white space, or, where there is none, in the gaps
 * that its name allows. Throws ContentRefusedError with the field's name and the line's length when neither is possible. */
export function foldField(name: string, field: Buffer): Buffer {
  const text = field.toString('latin1')
  const gaps = gapsIn(text, GAPS.get(name) ?? [])
  const pieces: string[] = []
  let start = 0
  for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n', start)) {
    // The name is never folded.
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

function folded(name: string, text: string, line: Line, gaps: Gaps): string[] {
  const pieces: string[] = []
  let { start, from } = line
  let { end } = line
  // White space at the end of a field has no meaning, and could become a line of white space only.
  while (end > start && isWhite(text[end - 1])) end--
  // A continuation line of white space only is dropped.
  if (end === start) return pieces
  let lead = ''
  while (end - start + lead.length > MAX_LINE) {
    const limit = start + MAX_LINE - lead.length
    const white = lastWhite(text, start, from, limit)
    const gap = gaps.last(from, limit)
    // A name alone on its line is valid but unusual, so a gap is preferred.
    const at = white === from && gap !== undefined ? gap : (white ?? gap)
    if (at === undefined) throw refusal(name, line.end - line.start)
    pieces.push(`${lead}${text.slice(start, at)}\r\n`)
    lead = at === white ? '' : ' '
    start = from = at === white ? endOfBlanks(text, at) : at
  }
  return [...pieces, `${lead}${text.slice(start, end)}\r\n`]
}

/** Skips a run of white space that would fill a line of its own, except its last character. */
function endOfBlanks(text: string, at: number): number {
  let end = at
  while (isWhite(text[end + 1])) end++
  return end - at > MAX_LINE / 2 ? end : at
}

/** The last white space at which the line can be folded. Something other than white space must remain on the line: the field's name or
 * the first word. */
function lastWhite(text: string, start: number, from: number, limit: number): number | undefined {
  let first = from
  if (from === start) while (first <= limit && isWhite(text[first])) first++
  for (let at = limit; at >= first; at--) if (isWhite(text[at])) return at
  return undefined
}

function refusal(name: string, length: number): ContentRefusedError {
  const shown =
    name.length > 60 ? `${name.slice(0, 60)}...` : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
  const text = `the ${shown} field has a line of ${length} octets, and ${MAX_LINE} is the limit; fold or shorten it`
  return new ContentRefusedError(554, '5.6.0', text)
}

/** Offsets at which a text may be folded without white space. */
class Gaps {
  readonly #at = new Set<number>()
  readonly #ranges: { from: number; to: number }[] = []

  add(at: number): void {
    this.#at.add(at)
  }

  /** Adds every offset from `from` up to, but not including, `to`. */
  addRange(from: number, to: number): void {
    this.#ranges.push({ from, to })
  }

  last(from: number, limit: number): number | undefined {
    for (let at = limit; at > from; at--)
      if (this.#at.has(at) || this.#ranges.some((range) => range.from <= at && at < range.to)) return at
    return undefined
  }
}

/** Finds the offsets before which CRLF and a space may be inserted: outside quoted strings, comments and angle brackets. Linear time. */
function gapsIn(text: string, kinds: Gap[]): Gaps {
  const gaps = new Gaps()
  if (kinds.length === 0) return gaps
  for (let at = text.indexOf(':') + 1; at < text.length;) {
    const char = text[at]
    const skip = SKIPPED[char ?? '']
    const end = skip === undefined ? at + 1 : skip(text, at)
    // Nothing is folded after the start of an unclosed string, comment or bracket.
    if (end === undefined) break
    if (char === ',' && kinds.includes('comma')) gaps.add(end)
    if (char === ';' && kinds.includes('semicolon')) gaps.add(end)
    if (char === '<' && text[end] === '<' && kinds.includes('id')) gaps.add(end)
    at = end
  }
  if (kinds.includes('signature')) addSignature(gaps, text)
  return gaps
}

/** Adds the value of the tag `b`. */
function addSignature(gaps: Gaps, text: string): void {
  const [match] = text.matchAll(SIGNATURE)
  if (match === undefined) return
  const [found] = match
  gaps.addRange(match.index + found.indexOf('=') + 2, match.index + found.length)
}

const SIGNATURE = /(?<=[;\s])b\s*=[A-Za-z0-9+/=\s]+/g

/** For each opening character, the end of what it opens; undefined when it is not closed. */
const SKIPPED: Partial<Record<string, (text: string, at: number) => number | undefined>> = {
  '"': endOfQuoted,
  '(': endOfComment,
  '<': (text, start) => {
    const end = text.indexOf('>', start)
    return end === -1 ? undefined : end + 1
  },
}

const isWhite = (char: string | undefined): boolean => char === ' ' || char === '\t'
