import { BodyEncodings } from './body-encodings.ts'
import { MAX_LINE, cutBase64, cutQuotedPrintable, cutText } from './cut-line.ts'
import { foldField } from './fold-field.ts'
import { MAX_HEADER, readHeaderBlock } from './header-block.ts'
import { headerTooLong } from './refused.ts'

const LF = 0x0a

/** Whether a line of CRLF-only content is longer than 998 octets. */
export function hasLongLine(lines: Buffer): boolean {
  let start = 0
  for (let end = lines.indexOf(LF); end !== -1; end = lines.indexOf(LF, start)) {
    if (end - 1 - start > MAX_LINE) return true
    start = end + 1
  }
  return false
}

/** Breaks the over-long lines of CRLF-only content: header fields where they may be folded, body lines as the encoding of their part
 * allows. Throws ContentRefusedError for a header field that cannot be folded, and for a header over 512 KB. */
export function breakLongLines(lines: Buffer): Buffer {
  const { fields, end: body } = readHeaderBlock(lines)
  if (body > MAX_HEADER) throw headerTooLong()
  const header = fields.map((field) => {
    const octets = lines.subarray(field.start, field.end)
    return hasLongLine(octets) ? foldField(field.name, octets) : octets
  })
  return Buffer.concat([...header, ...brokenBody(lines, body)])
}

const CUTS = { 'quoted-printable': cutQuotedPrintable, base64: cutBase64, other: cutText }

function brokenBody(lines: Buffer, body: number): Buffer[] {
  const encodings = new BodyEncodings(lines, body)
  const pieces: Buffer[] = []
  // The lines between two over-long ones are copied as one piece.
  let copied = body
  let start = body
  for (let next = lines.indexOf(LF, start) + 1; next !== 0; next = lines.indexOf(LF, start) + 1) {
    const line = lines.subarray(start, next - 2)
    if (line.length > MAX_LINE) {
      pieces.push(lines.subarray(copied, start), ...CUTS[encodings.current](line))
      copied = next
    } else {
      encodings.line(line, start, next)
    }
    start = next
  }
  return [...pieces, lines.subarray(copied)]
}
