import { readHeaderBlock } from './header-block.ts'

/** A header field with its octets. */
export interface HeaderField {
  /** In lower case. */
  name: string
  /** From the name's first octet to the CRLF of its last line. */
  octets: Buffer
}

/** A message, parsed once and passed from step to step. A step that changes the header returns a new message; the octets are shared, and
 * copied only once, by octetsOf. */
export interface Message {
  fields: readonly HeaderField[]
  /** The octets after the blank line. */
  body: Buffer
}

export interface ParsedMessage extends Message {
  /** False when the header ends at a line that is not a field, without a blank line. That line then begins the body. */
  separated: boolean
}

/** Parses normalised content (content.ts). As in Postfix, a line that is not a field begins the body. Never throws. */
export function parseMessage(content: Buffer): ParsedMessage {
  const { fields, end, separated } = readHeaderBlock(content)
  return {
    fields: fields.map(({ name, start, end: after }) => ({ name, octets: content.subarray(start, after) })),
    body: content.subarray(separated ? end + 2 : end),
    separated,
  }
}

/** Creates a field. `body` must have no line ends except folds; text is encoded as UTF-8. */
export const newField = (name: string, body: string): HeaderField => ({
  name: name.toLowerCase(),
  octets: Buffer.from(`${name}: ${body}\r\n`),
})

/** The body of a field, unfolded, without surrounding white space. */
export function valueOf({ octets }: HeaderField): string {
  const text = octets.toString('utf8')
  return text
    .slice(text.indexOf(':') + 1)
    .replaceAll('\r\n', '')
    .trim()
}

/** Size of the header without the blank line, in octets. */
export const headerBytes = ({ fields }: Message): number => fields.reduce((sum, { octets }) => sum + octets.length, 0)

const BLANK = Buffer.from('\r\n')

/** The message as it is stored and sent. */
export const octetsOf = ({ fields, body }: Message): Buffer =>
  Buffer.concat([...fields.map(({ octets }) => octets), BLANK, body])
