import { readHeaderBlock } from './header-block.ts'

const BYTE_ORDER_MARK = Buffer.from('\ufeff')
const LF = 0x0a

/** How many lines before the header are examined. */
const MAX_LINES = 100
/** How many mbox lines inside the header are removed. */
const MAX_INNER_LINES = 10
/** How far into the header an mbox line is searched. Octets. */
const INNER_OCTETS = 16 * 1024

/** Removes what programs wrongly write before the header of CRLF-only content: a byte order mark, empty lines, the `From ` line of an
 * mbox file (RFC 4155), and white space before the first field's name. None of these has a meaning in mail (RFC 5322, 2.1), and each
 * would turn the header into a part of the body. Content without a field after all that is unchanged. */
export function withoutPreamble(content: Buffer): Buffer {
  let start = content.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0
  for (let lines = 0; lines < MAX_LINES && start < content.length; lines++) {
    const end = content.indexOf(LF, start) + 1
    if (!isEmpty(content, start, end) && !isMboxLine(content, start)) break
    start = end
  }
  while (isBlank(content, start)) start++
  let rest = start === 0 ? content : content.subarray(start)
  const top = rest.subarray(0, INNER_OCTETS)
  const mayHaveInner = top.includes('\nFrom ') || top.includes('\n>From ')
  for (let lines = 0; mayHaveInner && lines < MAX_INNER_LINES; lines++) {
    const shorter = withoutInnerLine(rest)
    if (shorter === rest) break
    rest = shorter
  }
  if (rest.length === content.length) return content
  return readHeaderBlock(rest).fields.length > 0 ? rest : content
}

/** Removes an mbox line inside the header: programs that add fields of their own write them before that line. */
function withoutInnerLine(content: Buffer): Buffer {
  const { end, separated } = readHeaderBlock(content)
  if (separated || end === 0) return content
  const next = content.indexOf(LF, end) + 1
  if (!MBOX_LINE.test(content.toString('latin1', end, Math.min(next, end + 500)))) return content
  if (readHeaderBlock(content.subarray(next)).fields.length === 0) return content
  return Buffer.concat([content.subarray(0, end), content.subarray(next)])
}

/** An mbox line with its date, as in `From kim@example.org Fri Nov 27 09:00:00 2026`. */
const MBOX_LINE = /^>?From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d/

const isEmpty = (content: Buffer, start: number, end: number): boolean => {
  let at = start
  while (isBlank(content, at)) at++
  return at === end - 2
}

/** Whether an mbox line begins there, perhaps quoted with `>`. */
const isMboxLine = (content: Buffer, start: number): boolean =>
  /^>?From (?!\s*:)/.test(content.toString('latin1', start, start + 64))

/** Whether an octet is white space; a lone CR counts as white space here. */
const isBlank = (content: Buffer, at: number): boolean =>
  content[at] === 0x20 || content[at] === 0x09 || (content[at] === 0x0d && content[at + 1] !== LF)
