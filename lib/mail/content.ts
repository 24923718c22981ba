import { isAscii } from 'node:buffer'
import { withoutPreamble } from './preamble.ts'
import { withCrlfEnds, withoutLoneCr } from './line-ends.ts'
import { breakLongLines, hasLongLine } from './long-lines.ts'
import { ContentRefusedError } from './refused.ts'

export interface NormalContent {
  /** Begins with its header; ends with CRLF; every CR is followed by LF and every LF preceded by CR; no NUL; no line over 998 octets. */
  content: Buffer
  /** True if an octet is over 127. */
  eightBit: boolean
  /** False when the content is the same buffer that was given. */
  changed: boolean
}

/** Normalises content, before it is signed, to a form that every server reads alike: line ends become CRLF (line-ends.ts), what programs
 * wrongly write before the header is removed (preamble.ts), and over-long lines are broken (long-lines.ts). Throws ContentRefusedError
 * for NUL, for a header line that cannot be folded, and, if a line must be folded, for a header over 512 KB. */
export function normaliseContent(raw: Buffer): NormalContent {
  if (raw.includes(0)) {
    throw new ContentRefusedError(554, '5.6.0', 'the message contains a NUL octet; encode binary content as base64')
  }
  const { lines: ended, hasLoneCr } = withCrlfEnds(raw)
  const message = withoutPreamble(ended)
  // Only without the CRs is a name that contains one recognized as a field.
  const lines = hasLoneCr ? withoutPreamble(withoutLoneCr(message)) : message
  const content = hasLongLine(lines) ? breakLongLines(lines) : lines
  return { content, eightBit: !isAscii(content), changed: content !== raw }
}
