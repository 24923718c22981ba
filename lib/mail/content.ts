import { isAscii } from 'node:buffer'
import { breakLongLines, hasLongLine } from './long-lines.ts'
import { ContentRefused } from './refused.ts'

const CR = 0x0d
const LF = 0x0a
const CRLF = Buffer.from('\r\n')

export interface NormalContent {
  /** Ends with CRLF; every CR is followed by LF and every LF preceded by CR; no NUL; no line over 998 octets. */
  content: Buffer
  /** An octet is over 127. */
  eightBit: boolean
  /** False when the content is the very buffer that was given. */
  changed: boolean
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
  return { content, eightBit: !isAscii(content), changed: content !== raw }
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
  lines.length >= 2 && lines[lines.length - 1] === LF ? lines : Buffer.concat([lines, CRLF])

function withCrlf(raw: Buffer): Buffer {
  const out = Buffer.allocUnsafe(raw.length + countBare(raw))
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
  return ended(out)
}

/** How many CRs and LFs stand alone: by so many octets the content grows. */
function countBare(raw: Buffer): number {
  let bare = 0
  for (let at = 0; at < raw.length; at++) {
    const octet = raw[at]
    if (octet === LF) bare++
    else if (octet === CR) {
      if (raw[at + 1] === LF) at++
      else bare++
    }
  }
  return bare
}
