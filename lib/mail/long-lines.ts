import { readHeaderBlock } from './header-block.ts'
import { ContentRefused } from './refused.ts'

/** RFC 5322, 2.1.1: octets of a line without its CRLF. */
const LONGEST_LINE = 998
const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a
const CRLF = Buffer.from('\r\n')
const CRLF_SPACE = Buffer.from('\r\n ')

/** Whether a line of CRLF-only content is longer than 998 octets. */
export function hasLongLine(lines: Buffer): boolean {
  let start = 0
  for (let end = lines.indexOf(LF); end !== -1; end = lines.indexOf(LF, start)) {
    if (end - 1 - start > LONGEST_LINE) return true
    start = end + 1
  }
  return false
}

/** Breaks the over-long lines of CRLF-only content: header lines where they have white space, which changes nothing in their
 * meaning, body lines at 998 octets. Throws ContentRefused for a header line that can't be folded. */
export function breakLongLines(lines: Buffer): Buffer {
  const body = readHeaderBlock(lines).end
  const pieces: Buffer[] = []
  // What lies between two over-long lines is taken over in one piece.
  let taken = 0
  let start = 0
  for (let next = lines.indexOf(LF) + 1; next !== 0; next = lines.indexOf(LF, start) + 1) {
    if (next - 2 - start > LONGEST_LINE) {
      const line = lines.subarray(start, next - 2)
      pieces.push(lines.subarray(taken, start), ...(start < body ? fold(line) : cut(line)))
      taken = next
    }
    start = next
  }
  pieces.push(lines.subarray(taken))
  return Buffer.concat(pieces)
}

/** As Postfix does it: the rest goes on after a space, so that a line can never begin with a dot by being cut. */
function cut(line: Buffer): Buffer[] {
  const pieces = [line.subarray(0, LONGEST_LINE)]
  for (let at = LONGEST_LINE; at < line.length; at += LONGEST_LINE - 1) {
    pieces.push(CRLF_SPACE, line.subarray(at, at + LONGEST_LINE - 1))
  }
  return [...pieces, CRLF]
}

/** RFC 5322, 2.2.3: a header line goes on in the next one with the white space before which it was folded. */
function fold(line: Buffer): Buffer[] {
  let end = line.length
  // White space at the end of a field means nothing, and could become a line of nothing else.
  while (end > 0 && isWhite(line[end - 1])) end--
  const pieces: Buffer[] = []
  let rest = line.subarray(0, end)
  // A continuation line of nothing but white space: the field above goes on without it.
  if (rest.length === 0) return pieces
  let from = isWhite(rest[0]) ? 0 : rest.indexOf(COLON) + 1
  while (rest.length > LONGEST_LINE) {
    const at = foldingPoint(rest, from)
    pieces.push(rest.subarray(0, at), CRLF)
    rest = rest.subarray(at)
    from = 0
  }
  return [...pieces, rest, CRLF]
}

/** The last place from `from` on at which a header line can be folded; throws when there is none. */
function foldingPoint(line: Buffer, from: number): number {
  // Something other than white space must stay on the line: a field's name does, and so does the first word.
  let first = from
  if (from === 0) while (isWhite(line[first])) first++
  for (let at = LONGEST_LINE; at >= first && at > 0; at--) if (isWhite(line[at])) return at
  throw new ContentRefused(
    554,
    '5.6.0',
    'a header line is longer than 998 octets and has no space to fold it at; fold it',
  )
}

const isWhite = (octet: number | undefined): boolean => octet === SPACE || octet === TAB
