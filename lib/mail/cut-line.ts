/** Octets of a line without its CRLF (RFC 5322, 2.1.1). */
export const MAX_LINE = 998
/** Of base64 (RFC 2045, 6.8). */
const BASE64_LINE = 76

const CRLF = Buffer.from('\r\n')
const CRLF_SPACE = Buffer.from('\r\n ')
const SOFT_BREAK = Buffer.from('=\r\n')
const SPACE = 0x20
const TAB = 0x09
const EQUALS = 0x3d
const HYPHEN = 0x2d

/** Cuts a line of text before its last blank that fits; one without a blank where a character begins, and the rest goes on after a space, so
 * that no line can begin with a dot by being cut. */
export function cutText(line: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let rest = line
  let room = MAX_LINE
  while (rest.length > room) {
    const blank = lastBlank(rest, room)
    const at = blank ?? characterStart(rest, room)
    pieces.push(rest.subarray(0, at), blank === undefined ? CRLF_SPACE : CRLF)
    rest = rest.subarray(at)
    room = blank === undefined ? MAX_LINE - 1 : MAX_LINE
  }
  return [...pieces, rest, CRLF]
}

/** By a soft line break, which a decoder takes out again; never inside `=3D`. */
export function cutQuotedPrintable(line: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let rest = line
  while (rest.length > MAX_LINE) {
    let at = MAX_LINE - 1
    // What follows must not look like a boundary.
    while (at > 1 && rest[at] === HYPHEN) at--
    if (at <= 1) at = MAX_LINE - 1
    if (rest[at - 1] === EQUALS) at -= 1
    else if (rest[at - 2] === EQUALS) at -= 2
    pieces.push(rest.subarray(0, at), SOFT_BREAK)
    rest = rest.subarray(at)
  }
  return [...pieces, rest, CRLF]
}

/** Line ends mean nothing in base64. What has a hyphen is something else. */
export function cutBase64(line: Buffer): Buffer[] {
  if (line.includes(HYPHEN)) return cutText(line)
  const pieces: Buffer[] = []
  for (let at = 0; at < line.length; at += BASE64_LINE) pieces.push(line.subarray(at, at + BASE64_LINE), CRLF)
  return pieces
}

/** The last blank up to `room` with something else before it. */
function lastBlank(line: Buffer, room: number): number | undefined {
  let first = 0
  while (first < room && isBlank(line[first])) first++
  for (let at = room; at > first; at--) if (isBlank(line[at])) return at
  return undefined
}

/** 10xxxxxx continues a character of UTF-8, which has at most four octets. */
function characterStart(line: Buffer, room: number): number {
  for (let at = room; at > room - 4; at--) if (((line[at] ?? 0) & 0xc0) !== 0x80) return at
  return room
}

const isBlank = (octet: number | undefined): boolean => octet === SPACE || octet === TAB
