import { quotedPrintable } from './quoted-printable.ts'

/** Levels of nested MIME parts that are encoded. No mail written by a person is nested deeper than this. */
const MAX_DEPTH = 20

/** Whether the text is ASCII without NUL in lines of at most 998 octets, which every server accepts (RFC 5321, 4.5.3.1.6; RFC 6152). */
export const isSevenBit = (octets: string): boolean => !/[\0\x80-\xff]|^.{999}/m.test(octets)

/** Converts a message to 7-bit lines by encoding the parts that are not 7-bit, as RFC 6152, 3, describes for a next hop without 8BITMIME. A
 * mail program still shows the same text. Each character is one octet (latin1); line ends are CRLF. Undefined if the headers are not ASCII,
 * or the MIME structure is invalid. */
export function sevenBitMessage(message: string): string | undefined {
  if (isSevenBit(message)) return message
  const encoded = encodeEntity(message, 0)
  if (encoded === undefined) return undefined
  return /^mime-version:/im.test(splitEntity(message).head) ? encoded : `MIME-Version: 1.0\r\n${encoded}`
}

function encodeEntity(entity: string, depth: number): string | undefined {
  if (isSevenBit(entity)) return entity
  const { head, body } = splitEntity(entity)
  if (!isSevenBit(head) || depth > MAX_DEPTH) return undefined
  const type = fieldBody(head, 'content-type') ?? 'text/plain'
  const encoding = (fieldBody(head, 'content-transfer-encoding') ?? '8bit').toLowerCase()
  // The part declares an encoding, but contains octets over 127. Encoding it again would change its meaning.
  if (!['7bit', '8bit', 'binary'].includes(encoding)) return undefined
  if (/^multipart\//i.test(type)) {
    const parts = encodeParts(body, type, depth)
    return parts === undefined ? undefined : withEncoding(head, '7bit') + parts
  }
  if (/^message\//i.test(type)) {
    const inner = encodeEntity(body, depth + 1)
    return inner === undefined ? undefined : withEncoding(head, '7bit') + inner
  }
  if (/^text\//i.test(type)) return withEncoding(head, 'quoted-printable') + quotedPrintable(body)
  const base64 = Buffer.from(body, 'latin1').toString('base64')
  return withEncoding(head, 'base64') + (base64.match(/.{1,76}/g) ?? []).join('\r\n')
}

function encodeParts(body: string, type: string, depth: number): string | undefined {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(type) ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined || boundary === '') return undefined
  const delimiters = [
    ...body.matchAll(new RegExp(`(?:^|\\r\\n)--${RegExp.escape(boundary)}(--)?[\\t ]*(?=\\r\\n|$)`, 'g')),
  ]
  const pieces: string[] = []
  for (const [index, delimiter] of delimiters.entries()) {
    const start = delimiter.index + delimiter[0].length + 2
    const end = delimiters[index + 1]?.index ?? body.length
    pieces.push(`--${boundary}${delimiter[1] ?? ''}\r\n`)
    // Preamble and epilogue are omitted, because mail programs do not show them.
    if (delimiter[1] !== undefined) break
    const part = encodeEntity(body.slice(start, Math.max(start, end)), depth + 1)
    if (part === undefined) return undefined
    pieces.push(part, '\r\n')
  }
  return pieces.length === 0 ? undefined : pieces.join('')
}

/** Splits an entity into its header lines, each with CRLF, and the body after the blank line. */
function splitEntity(entity: string): { head: string; body: string } {
  if (entity.startsWith('\r\n')) return { head: '', body: entity.slice(2) }
  const end = entity.indexOf('\r\n\r\n')
  if (end === -1) return { head: entity, body: '' }
  return { head: entity.slice(0, end + 2), body: entity.slice(end + 4) }
}

const fieldBody = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}[ \\t]*:(.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(head)?.[1]?.replaceAll('\r\n', '').trim()

/** The header with its Content-Transfer-Encoding replaced, and the blank line. */
function withEncoding(head: string, encoding: string): string {
  const others = head.replace(/^content-transfer-encoding[ \t]*:.*(?:\r\n[ \t].*)*\r\n/gim, '')
  return `${others}Content-Transfer-Encoding: ${encoding}\r\n\r\n`
}
