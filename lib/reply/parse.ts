/** A parsed reply. */
export interface ParsedReply {
  /** Three-digit code (RFC 5321, 4.2); null if the text has none. */
  code: number | null
  /** Enhanced status `class.subject.detail` (RFC 3463); null if the text has none. */
  enhanced: string | null
  /** The words on one line, without the code and a leading status. At most 4096 characters. */
  text: string
}

/** How much of a reply is parsed, in characters. RFC 5321, 4.5.3.1.5 allows 512 octets per line; the relevant words are at the start,
 * and a remote must not be able to cause more work. */
const READ_LIMIT = 4096

/** `550 `, `550-`, `smtp; 550`, `[550]`. A 2xx or 3xx must be followed by a separator: `203.0.113.5 blocked` starts with an address. */
const CODE = /^[\s"'<([]*(?:smtp\s?[;:]?\s?)?([45]\d\d(?!\d)|[23]\d\d(?=[\s-]|$))[\s\-:;,.>)\]]*/i

/** The code in the quoted reply of another server, as in Postfix's address verification. */
const QUOTED_CODE = /\bsaid: ?([45]\d\d)[ -]/i

/** A status at the beginning of the words: `5.1.1`, `#5.1.1`, `(#5.1.1)`, `[5.1.1]:`. */
const LEADING_STATUS = /^[\s#([<]*([245]\.\d{1,3}\.\d{1,3})(?![\d.]\d)[\s#)\]>:;,-]*/

/** A status further on, as in replies of qmail and some gateways. Excludes parts of IPv4 addresses and versions. */
const LATER_STATUS = /(?:^|[\s#([])([245]\.\d{1,3}\.\d{1,3})(?=$|[\s)\]:;,])/g

/** Parses a reply with one line or several (with CRLF, LF, or already joined). Never throws: a part that is absent is null. */
export function parseReply(reply: string): ParsedReply {
  const lines = reply.slice(0, READ_LIMIT).split(/[\r\n]+/)
  const first = readCode(lines[0] ?? '')
  const joined = [first.rest, ...lines.slice(1).map((line) => withoutRepeated(line, first.code))].join(' ')
  const words = onOneLine(joined)
  const code = first.code ?? numberOrNull(QUOTED_CODE.exec(words)?.[1])
  const leading = LEADING_STATUS.exec(words)
  if (leading?.[1] === undefined) return { code, enhanced: laterStatus(words, code), text: words }
  const status = leading[1]
  return { code, enhanced: status, text: withoutStatus(words.slice(leading[0].length), status) }
}

function readCode(line: string): { code: number | null; rest: string } {
  const match = CODE.exec(line)
  if (match === null) return { code: null, rest: line }
  const rest = line.slice(match[0].length)
  return { code: numberOrNull(match[1]), rest: match[0].endsWith('(') ? `(${rest}` : rest }
}

/** Removes the code that a further line repeats (RFC 5321, 4.2.1). */
function withoutRepeated(line: string, code: number | null): string {
  const next = readCode(line)
  return next.code === code ? next.rest : line
}

/** Removes the status that each line of a reply repeats (RFC 2034, 4). */
function withoutStatus(words: string, status: string): string {
  return words.split(` ${status} `).join(' ').trim()
}

/** A status that is not at the beginning counts only if its class agrees with the code. */
function laterStatus(words: string, code: number | null): string | null {
  const statuses = Array.from(words.matchAll(LATER_STATUS), ([, status]) => status ?? '')
  return statuses.find((status) => code === null || status[0] === String(code)[0]) ?? null
}

/** Replaces control characters, which a remote chooses, since the text goes to logs and notices. */
function onOneLine(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
}

const numberOrNull = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits))
