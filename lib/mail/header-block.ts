/** One header field with its bytes as they came. */
export interface Field {
  /** In lower case. */
  name: string
  /** Offsets into the content: from the name's first octet to after the last line's CRLF. */
  start: number
  end: number
}

export interface HeaderBlock {
  fields: Field[]
  /** Offset after the last header line: of the blank line, or the end when there is none. */
  end: number
  /** False if a line that is not a field ends the block without a blank line. */
  separated: boolean
}

/** Octets of a header: what fields are signed is read several times over, and lists of addresses need not be longer. */
export const MAX_HEADER = 512 * 1024

const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a

/** Reads the fields at the beginning of normalised content (CRLF only). As with Postfix, a line that is not a field begins the
 * body. Never throws. */
export function readHeaderBlock(content: Buffer): HeaderBlock {
  const fields: Field[] = []
  let start = 0
  while (start < content.length) {
    const end = content.indexOf(LF, start) + 1
    if (end === 0) return { fields, end: start, separated: false }
    if (end - start === 2) return { fields, end: start, separated: true }
    const first = content[start]
    const last = fields.at(-1)
    if ((first === SPACE || first === TAB) && last !== undefined) {
      last.end = end
    } else {
      const name = fieldName(content, start, end)
      if (name === undefined) return { fields, end: start, separated: false }
      fields.push({ name, start, end })
    }
    start = end
  }
  return { fields, end: start, separated: true }
}

/** RFC 5322, 3.6.8: printable ASCII but the colon; white space before the colon is tolerated (4.5.8). */
function fieldName(content: Buffer, start: number, end: number): string | undefined {
  const colon = start + content.subarray(start, end).indexOf(COLON)
  if (colon < start) return undefined
  // Not trim(), which takes the octet A0 for a space as well.
  const [, name] = /^([!-9;-~]+)[ \t]*$/.exec(content.toString('latin1', start, colon)) ?? []
  return name?.toLowerCase()
}

/** A field's body, unfolded, without the space around it. */
export function fieldValue(content: Buffer, field: Field): string {
  const text = content.toString('utf8', field.start, field.end)
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll('\r\n', '')
    .trim()
}
