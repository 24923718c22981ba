const MARK = ' [...]'

/** Shortens a text to at most `maxOctets` octets of UTF-8, between two characters, and marks it as shortened. */
export function cut(text: string, maxOctets: number): string {
  if (text.length * 3 <= maxOctets) return text
  const octets = Buffer.from(text)
  if (octets.length <= maxOctets) return text
  let end = maxOctets - MARK.length
  // 10xxxxxx continues a character.
  while (end > 0 && ((octets[end] ?? 0) & 0xc0) === 0x80) end--
  return octets.toString('utf8', 0, end) + MARK
}

/** Converts what a remote sent (Latin-1: one character per octet) to text on one line. Octets that are not UTF-8 become U+FFFD; control
 * characters become spaces, since they would be line breaks in a notice and colors on a terminal. */
export const printable = (octets: string): string =>
  Buffer.from(octets, 'latin1')
    .toString()
    .replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
