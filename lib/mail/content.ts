import { isAscii } from 'node:buffer'
import { withoutPreamble } from './preamble.ts'
import { withCrlfEnds, withoutLoneCr } from './line-ends.ts'
import { breakLongLines, hasLongLine } from './long-lines.ts'
import { ContentRefusedError } from './refused.ts'

export interface NormalContent {
  /** Begins with its header; ends with CRLF; every CR is followed by LF and every LF preceded by CR; no NUL; no line over 998 octets. */
  content: Buffer
  /** An octet is over 127. */
  eightBit: boolean
  /** False when the content is the very buffer that was given. */
  changed: boolean
}

/** Brings content into the one form that every server reads alike, before it is signed: its line ends become CRLF (line-ends.ts), what
 * programs write before the header goes (preamble.ts), and over-long lines are broken (long-lines.ts).
 * Throws ContentRefusedError for NUL, for a header line that cannot be folded, and where there is one to fold for a header over 512 KB. */
export function normaliseContent(raw: Buffer): NormalContent {
  if (raw.includes(0)) {
    throw new ContentRefusedError(554, '5.6.0', 'the message contains a NUL octet; encode binary content as base64')
  }
  const { lines: ended, hasLoneCr } = withCrlfEnds(raw)
  const message = withoutPreamble(ended)
  // A name with a CR in it is a field only then.
  const lines = hasLoneCr ? withoutPreamble(withoutLoneCr(message)) : message
  const content = hasLongLine(lines) ? breakLongLines(lines) : lines
  return { content, eightBit: !isAscii(content), changed: content !== raw }
}
