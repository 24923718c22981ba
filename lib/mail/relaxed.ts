/** The relaxed canonical forms of RFC 6376, 3.4. Text is latin1, one character per octet, so that UTF-8 passes unchanged. */

const SPACE = 0x20
const TAB = 0x09

/** Canonicalises a field (3.4.2); the result has no final CRLF. */
export function relaxField(field: string): string {
  const colon = field.indexOf(':')
  const value = field.slice(colon + 1).replaceAll('\r\n', '')
  return `${trimmed(field.slice(0, colon)).toLowerCase()}:${trimmed(collapsed(value))}`
}

/** Canonicalises a body (3.4.4): runs of white space become one space, and white space at line ends and empty lines at the end are
 * removed. A body that is already in this form, as most are, is not copied. */
export function relaxBody(body: Buffer): Buffer {
  const spaced = body.includes(TAB) || body.includes('  ') || body.includes(' \r\n')
  const relaxed = spaced ? Buffer.from(collapsed(body.toString('latin1')).replaceAll(' \r\n', '\r\n'), 'latin1') : body
  let length = relaxed.length
  while (isLineEnd(relaxed, length) && (length === 2 || isLineEnd(relaxed, length - 2))) length -= 2
  return relaxed.subarray(0, length)
}

const isLineEnd = (text: Buffer, end: number): boolean => end >= 2 && text[end - 2] === 0x0d && text[end - 1] === 0x0a

const collapsed = (text: string): string => (/\t| {2}/.test(text) ? text.replace(/[\t ]+/g, ' ') : text)

/** Not trim(): in latin1 it would remove the octet A0, the last one of `à` in UTF-8, as a space. */
function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isWhite(text.charCodeAt(start))) start++
  while (end > start && isWhite(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isWhite = (code: number): boolean => code === SPACE || code === TAB
