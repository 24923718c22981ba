import { readHeaderBlock } from './header-block.ts'

/** A header field, whole. */
export interface HeaderField {
  /** In lower case. */
  name: string
  /** From the name's first octet to the CRLF of its last line. */
  octets: Buffer
}

/** A message that is parsed once and carried from step to step. A step that changes the header returns another one; the octets are shared,
 * and copied once, where the message leaves (octetsOf). */
export interface Message {
  fields: readonly HeaderField[]
  /** After the blank line. */
  body: Buffer
}

export interface ParsedMessage extends Message {
  /** False when the body begins with a line that was meant for the header: there was no blank line before it. */
  separated: boolean
}

/** Reads normalised content (content.ts). As with Postfix, a line that is not a field begins the body. Never throws. */
export function parseMessage(content: Buffer): ParsedMessage {
  const { fields, end, separated } = readHeaderBlock(content)
  return {
    fields: fields.map(({ name, start, end: after }) => ({ name, octets: content.subarray(start, after) })),
    body: content.subarray(separated ? end + 2 : end),
    separated,
  }
}

/** A field of our own. `body` holds no line end but folds; text is UTF-8. */
export const newField = (name: string, body: string): HeaderField => ({
  name: name.toLowerCase(),
  octets: Buffer.from(`${name}: ${body}\r\n`),
})

/** A field's body, unfolded, without the space around it. */
export function valueOf({ octets }: HeaderField): string {
  const text = octets.toString('utf8')
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll('\r\n', '')
    .trim()
}

/** Octets of the header without the blank line. */
export const headerBytes = ({ fields }: Message): number => fields.reduce((sum, { octets }) => sum + octets.length, 0)

const BLANK = Buffer.from('\r\n')

/** The message as it is stored and sent. */
export const octetsOf = ({ fields, body }: Message): Buffer =>
  Buffer.concat([...fields.map(({ octets }) => octets), BLANK, body])
