/** Maximum length of a line without its CRLF, in octets (RFC 5322, 2.1.1). */
export const MAX_LINE = 998
/** Length of a base64 line, in octets (RFC 2045, 6.8). */
const BASE64_LINE = 76

const CRLF = Buffer.from('\r\n')
const CRLF_SPACE = Buffer.from('\r\n ')
const SOFT_BREAK = Buffer.from('=\r\n')
const SPACE = 0x20
const TAB = 0x09
const EQUALS = 0x3d
const HYPHEN = 0x2d

/** Cuts an over-long line of text before the last blank that fits. Without a blank, it is cut where a character begins, and the rest
 * continues after a space, so that no cut creates a line that begins with a dot. */
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

/** Cuts an over-long line with soft line breaks, which a decoder removes; never inside `=3D`. */
export function cutQuotedPrintable(line: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let rest = line
  while (rest.length > MAX_LINE) {
    let at = MAX_LINE - 1
    // The rest must not begin like a boundary.
    while (at > 1 && rest[at] === HYPHEN) at--
    if (at <= 1) at = MAX_LINE - 1
    if (rest[at - 1] === EQUALS) at -= 1
    else if (rest[at - 2] === EQUALS) at -= 2
    pieces.push(rest.subarray(0, at), SOFT_BREAK)
    rest = rest.subarray(at)
  }
  return [...pieces, rest, CRLF]
}

/** Cuts an over-long line of base64, in which line ends have no meaning. A line with a hyphen is not base64, and is cut as text. */
export function cutBase64(line: Buffer): Buffer[] {
  if (line.includes(HYPHEN)) return cutText(line)
  const pieces: Buffer[] = []
  for (let at = 0; at < line.length; at += BASE64_LINE) pieces.push(line.subarray(at, at + BASE64_LINE), CRLF)
  return pieces
}

/** The last blank up to `room` that has something other than blanks before it. */
function lastBlank(line: Buffer, room: number): number | undefined {
  let first = 0
  while (first < room && isBlank(line[first])) first++
  for (let at = room; at > first; at--) if (isBlank(line[at])) return at
  return undefined
}

/** The last offset up to `room` at which a character begins. In UTF-8, octets 10xxxxxx continue a character, which has at most four
 * octets. */
function characterStart(line: Buffer, room: number): number {
  for (let at = room; at > room - 4; at--) if (((line[at] ?? 0) & 0xc0) !== 0x80) return at
  return room
}

const isBlank = (octet: number | undefined): boolean => octet === SPACE || octet === TAB
