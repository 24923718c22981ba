/** Longest line that this folder writes by choice; RFC 5322, 2.1.1 allows 998 octets. */
const LINE = 76
/** A value longer than this is cut off: a remote host can say as much as it likes. */
const LONGEST = 2000
/** A word of a header field that is longer is broken, so that no line comes near the limit. */
const MAX_WORD = 900

/** One header field with its CRLF, folded. Whatever the value holds, the result is one field of printable ASCII: line ends and
 * white space become a space, other control characters and what is not ASCII a question mark (RFC 5322, 2.2). */
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

/** Text on one line of printable ASCII, without space around it. */
export function printableAscii(text: string): string {
  return oneLine(text).replace(/[^\x20-\x7e]/gu, '?')
}

/** Text on one line that may be shown to a person: without control and format characters, which could hide or turn round
 * what stands beside them. */
export function oneLine(text: string): string {
  return text
    .slice(0, LONGEST)
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '?')
    .trim()
}

/** Text as RFC 2047 encoded words, each within the 75 characters it may have (section 2). */
export function encodedWords(text: string): string {
  const pieces: string[] = ['']
  for (const character of oneLine(text)) {
    const last = pieces.at(-1) ?? ''
    if (Buffer.byteLength(last + character) > 42) pieces.push(character)
    else pieces[pieces.length - 1] = last + character
  }
  return pieces.map((piece) => `=?UTF-8?B?${Buffer.from(piece).toString('base64')}?=`).join(' ')
}

/** RFC 5322, 3.3, in UTC. */
export const dateTime = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000')
