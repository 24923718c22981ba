/** The position of one header field in the content. */
export interface Field {
  /** In lower case. */
  name: string
  /** Offset of the name's first octet, in the content. */
  start: number
  end: number
}

export interface HeaderBlock {
  fields: Field[]
  /** Offset after the last header line: of the blank line, or of the content's end when there is none. */
  end: number
  /** False if the block ends at a line that is not a field, and not at a blank line. */
  separated: boolean
}

/** Maximum size of a header, in octets: the fields are read several times for signing, and no address list needs to be longer. */
export const MAX_HEADER = 512 * 1024

const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a

/** Reads the fields at the beginning of normalised content (CRLF only). As in Postfix, a line that is not a field begins the body. Never
 * throws. */
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

/** The name of a field (RFC 5322, 3.6.8): printable ASCII except the colon; white space before the colon is tolerated (4.5.8). */
function fieldName(content: Buffer, start: number, end: number): string | undefined {
  const colon = start + content.subarray(start, end).indexOf(COLON)
  if (colon < start) return undefined
  // Not trim(), which would also remove the octet A0 as a space.
  const [, name] = /^([!-9;-~]+)[ \t]*$/.exec(content.toString('latin1', start, colon)) ?? []
  return name?.toLowerCase()
}

/** The body of a field, unfolded, without surrounding white space. */
export function fieldValue(content: Buffer, field: Field): string {
  const text = content.toString('utf8', field.start, field.end)
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll('\r\n', '')
    .trim()
}
