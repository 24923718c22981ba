import { ContentRefused } from './refused.ts'

/** RFC 5322, 2.1.1: octets of a line without its CRLF. */
const LONGEST_LINE = 998
const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09

export interface NormalContent {
  /** Ends with CRLF; every CR is followed by LF and every LF preceded by CR; no NUL; no line over 998 octets. */
  content: Buffer
  /** An octet is over 127. */
  eightBit: boolean
}

/** Brings content into the one form that every server reads alike, before it is signed: a line break that some take for one and
 * some do not is how messages are smuggled inside others (RFC 5321, 2.3.8). Bare CR and bare LF become CRLF, over-long lines are
 * broken as Postfix does (CRLF SPACE), over-long header lines are folded where they have white space.
 * Throws ContentRefused for NUL and for a header line that can't be folded. */
export function normaliseContent(raw: Buffer): NormalContent {
  if (raw.includes(0)) {
    throw new ContentRefused(554, '5.6.0', 'the message contains a NUL octet; encode binary content as base64')
  }
  const lines = isCrlfOnly(raw) ? ended(raw) : withCrlf(raw)
  const content = hasLongLine(lines) ? breakLongLines(lines) : lines
  return { content, eightBit: hasHighOctet(content) }
}

/** True when CR and LF occur only as pairs: each LF follows a CR, and there are no more CRs than LFs. */
function isCrlfOnly(raw: Buffer): boolean {
  let pairs = 0
  for (let at = raw.indexOf(LF); at !== -1; at = raw.indexOf(LF, at + 1)) {
    if (at === 0 || raw[at - 1] !== CR) return false
    pairs++
  }
  let returns = 0
  for (let at = raw.indexOf(CR); at !== -1; at = raw.indexOf(CR, at + 1)) if (++returns > pairs) return false
  return true
}

const ended = (lines: Buffer): Buffer =>
  lines.length >= 2 && lines[lines.length - 1] === LF ? lines : Buffer.concat([lines, Buffer.from('\r\n')])

function withCrlf(raw: Buffer): Buffer {
  // At worst each octet is a bare CR or LF.
  const out = Buffer.allocUnsafe(raw.length * 2 + 2)
  let to = 0
  for (let at = 0; at < raw.length; at++) {
    const octet = raw[at]
    if (octet === CR || octet === LF) {
      out[to++] = CR
      out[to++] = LF
      if (octet === CR && raw[at + 1] === LF) at++
    } else {
      out[to++] = octet ?? 0
    }
  }
  return ended(out.subarray(0, to))
}

function hasLongLine(lines: Buffer): boolean {
  let start = 0
  for (let end = lines.indexOf(LF); end !== -1; end = lines.indexOf(LF, start)) {
    if (end - 1 - start > LONGEST_LINE) return true
    start = end + 1
  }
  return false
}

function breakLongLines(lines: Buffer): Buffer {
  const pieces: Buffer[] = []
  const between = Buffer.from('\r\n')
  const continued = Buffer.from('\r\n ')
  let inHeader = true
  let start = 0
  for (let end = lines.indexOf('\r\n', start); end !== -1; end = lines.indexOf('\r\n', start)) {
    let line = lines.subarray(start, end)
    if (line.length === 0) inHeader = false
    // A folded header line goes on with the white space it was folded at, a broken body line with one put there.
    for (let room = LONGEST_LINE; line.length > room; room = inHeader ? LONGEST_LINE : LONGEST_LINE - 1) {
      const at = inHeader ? lastWhiteSpace(line) : room
      pieces.push(line.subarray(0, at), inHeader ? between : continued)
      line = line.subarray(at)
    }
    pieces.push(line, between)
    start = end + 2
  }
  return Buffer.concat(pieces)
}

/** The last place at which a header line can be folded; throws when there is none (RFC 5322, 2.2.3). */
function lastWhiteSpace(line: Buffer): number {
  for (let at = LONGEST_LINE; at > 0; at--) {
    const white = line[at] === SPACE || line[at] === TAB
    // Something other than white space must stay on the line, or the fold would make a line of nothing.
    if (white && line.subarray(0, at).some((octet) => octet !== SPACE && octet !== TAB)) return at
  }
  throw new ContentRefused(
    554,
    '5.6.0',
    'a header line is longer than 998 octets and has no space to fold it at; fold it',
  )
}

function hasHighOctet(content: Buffer): boolean {
  for (const octet of content) if (octet > 127) return true
  return false
}
