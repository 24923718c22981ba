/** Preferred length of a line; RFC 5322, 2.1.1, allows 998 octets. */
const LINE = 76
/** Longer values are truncated, because a remote may send text of any length. */
const MAX_VALUE = 2000
/** Longer words of a header field are split, so that no line exceeds the limit. */
const MAX_WORD = 900

/** One folded header field with its CRLF. Whatever the value contains, the result is a single field of printable ASCII (RFC 5322, 2.2):
 * line ends and white space become a space; other control characters and non-ASCII characters become question marks. */
export function field(name: string, value: string): string {
  const lines: string[] = []
  let line = `${name}:`
  for (const word of words(value)) {
    if (line.length + 1 + word.length > LINE && line !== `${name}:`) {
      lines.push(line)
      line = ''
    }
    line += ` ${word}`
  }
  lines.push(line)
  return `${lines.join('\r\n')}\r\n`
}

function words(value: string): string[] {
  return printableAscii(value)
    .split(' ')
    .flatMap((word) => word.match(new RegExp(`.{1,${MAX_WORD}}`, 'g')) ?? [])
}

/** The text on one line of printable ASCII, trimmed. */
export function printableAscii(text: string): string {
  return oneLine(text).replace(/[^\x20-\x7e]/gu, '?')
}

/** The text on one line, safe to show to a person: without control and format characters, which could hide or reverse the text next to
 * them. */
export function oneLine(text: string): string {
  return text
    .slice(0, MAX_VALUE)
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '?')
    .trim()
}

/** The text as encoded words of at most 75 characters each (RFC 2047, 2). */
export function encodedWords(text: string): string {
  const pieces: string[] = ['']
  for (const character of oneLine(text)) {
    const last = pieces.at(-1) ?? ''
    if (Buffer.byteLength(last + character) > 42) pieces.push(character)
    else pieces[pieces.length - 1] = last + character
  }
  return pieces.map((piece) => `=?UTF-8?B?${Buffer.from(piece).toString('base64')}?=`).join(' ')
}

/** A date and time in UTC in the format of RFC 5322, 3.3. `ms`: milliseconds since the epoch. */
export const dateTime = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000')
