import { cut, printable } from '@postrider/reply/cut'
import type { ReplyBound } from './reply-bounds.ts'
import { MAX_LINE_OCTETS, MAX_REPLY_LINES, MAX_REPLY_OCTETS, MAX_TEXT_OCTETS } from './reply-bounds.ts'
import type { Reply } from './reply.ts'

const LF = 0x0a
const CR = 0x0d

/** A line that ends a reply (RFC 5321, 4.2): a code, followed by a space or nothing. A NUL counts as the end of the line, as in Postfix. */
const LAST = /^\d{3}(?:[ \0]|$)/
const CONTINUED = /^\d{3}-/
/** A code with something else after it: `250\tok`, `250:ok`, `250ok`. Excludes numbers, versions and IP addresses. */
const NEARLY_LAST = /^\d{3}(?=[\t:;,a-z])/i
const HAS_CODE = /^\d{3}(?=[ \0\t:;,a-z-]|$)/i
/** A success whose text may be cut off. */
const CUT_SUCCESS = /^2\d\d /

/** A reply, and how it was read. */
export interface ReadReply extends Reply {
  /** Octets of the reply on the connection. */
  octets: number
  /** It had lines that are not SMTP, or was completed by silence: commands and replies may be out of step. */
  odd: boolean
}

/**
 * Parses replies from octets, however they are cut into packets. Time and memory are linear in the input, and the amount kept of a reply is
 * bounded.
 *
 * The rules are those of Postfix (`smtp_chat_resp` in src/smtp/smtp_chat.c, 3.12), which servers are tested against:
 * - A line ends with LF; CRs before it belong to the line end. Only the beginning of an over-long line is kept.
 * - Exactly three digits and a space, or three digits alone, end a reply; the code of that line is the reply's. Codes from 000 to 999 are
 *   parsed; the client decides that only 2xx is a success.
 * - Three digits and `-` continue a reply. The codes of such lines are ignored, even if they differ from the last.
 * - Every other line is not SMTP: an empty line, text without a code, `250:ok`, a leading space. Its text is kept and the reply continues,
 *   but the connection is not used for another transaction (`odd`).
 * - Input after a complete reply belongs to the next one, and never invalidates it.
 *
 * Postfix waits for a proper line until its time-out, and then defers. After a final dot that would deliver the message again and again, so
 * here silence may complete a reply as well (`atSilence`, `atEnd`).
 */
export class ReplyReader {
  readonly #line = Buffer.alloc(MAX_LINE_OCTETS)
  /** Octets of the current line, and how many of them are kept. */
  #lineOctets = 0
  #kept = 0
  #lines: string[] = []
  #octets = 0
  #odd = false
  #broken: ReplyBound | undefined

  /** Octets that do not belong to a complete reply yet. */
  get pending(): number {
    return this.#octets
  }

  /** The bound that the current reply exceeded. Nothing more is read then. */
  get broken(): ReplyBound | undefined {
    return this.#broken
  }

  /** The last line of the current reply that is not SMTP, for the text of an error. */
  get garbage(): string | undefined {
    const odd = this.#lines.findLast((line) => line.trim() !== '' && !LAST.test(line) && !CONTINUED.test(line))
    return odd === undefined ? undefined : printable(odd)
  }

  /** Processes octets; calls `onReply` for each complete reply. */
  push(chunk: Buffer, onReply: (reply: ReadReply) => void): void {
    for (let at = 0; at < chunk.length && this.#broken === undefined;) {
      const lf = chunk.indexOf(LF, at)
      const end = lf === -1 ? chunk.length : lf
      this.#keep(chunk, at, end)
      this.#octets += end - at + (lf === -1 ? 0 : 1)
      at = end + 1
      const reply = lf === -1 ? undefined : this.#endLine()
      if (reply !== undefined) onReply(reply)
      else if (this.#octets > MAX_REPLY_OCTETS) this.#broken = 'reply-octets'
      else if (this.#lines.length > MAX_REPLY_LINES) this.#broken = 'reply-lines'
    }
  }

  /** Called when the remote has been silent for a while: a line that only lacks the space after its code is then its reply. */
  atSilence(): ReadReply | undefined {
    const last = this.#lines.at(-1)
    if (this.#lineOctets > 0 || last === undefined || !NEARLY_LAST.test(last)) return undefined
    this.#odd = true
    return this.#complete(last)
  }

  /** Called when nothing more will arrive in reply to a final dot. A success counts even when its text is cut off, since otherwise the
   * message would be delivered twice. A refusal with a cut text is not classified. */
  atEnd(): ReadReply | undefined {
    const line = this.#text()
    if (!CUT_SUCCESS.test(line)) return this.atSilence()
    this.#lines.push(line)
    this.#startLine()
    this.#odd = true
    return this.#complete(line)
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    const room = Math.min(to - from, MAX_LINE_OCTETS - this.#kept)
    if (room > 0) this.#kept += chunk.copy(this.#line, this.#kept, from, from + room)
    this.#lineOctets += to - from
  }

  /** The current line without its CRs, one character per octet. */
  #text(): string {
    let end = this.#kept
    while (this.#line[end - 1] === CR) end--
    return this.#line.toString('latin1', 0, end)
  }

  #startLine(): void {
    this.#lineOctets = 0
    this.#kept = 0
  }

  #endLine(): ReadReply | undefined {
    const line = this.#text()
    this.#startLine()
    this.#lines.push(line)
    if (LAST.test(line)) return this.#complete(line)
    if (!CONTINUED.test(line)) this.#odd = true
    return undefined
  }

  #complete(last: string): ReadReply {
    const code = last.slice(0, 3)
    const text = cut(printable(onOneLine(code, this.#lines)), MAX_TEXT_OCTETS)
    const reply: ReadReply = { code: Number(code), text, lines: this.#lines, octets: this.#octets, odd: this.#odd }
    this.#lines = []
    this.#octets = 0
    this.#odd = false
    return reply
  }
}

/** Joins the lines of a reply for people and rules: `550-5.1.1 no` and `550 5.1.1 such user` become `550 5.1.1 no such user`. */
function onOneLine(code: string, lines: string[]): string {
  const [only = '', another] = lines
  if (another === undefined && only[3] === ' ' && only.length > 4) return only
  const texts = lines.map((line) => (HAS_CODE.test(line) ? line.slice(3).replace(/^[ \0\t:;,-]/, '') : line))
  const status = /^([245]\.\d{1,3}\.\d{1,3}) /.exec(texts.find((text) => text !== '') ?? '')?.[1]
  const words = texts.map((text, index) =>
    index > 0 && status !== undefined && text.startsWith(`${status} `) ? text.slice(status.length + 1) : text,
  )
  return [code, ...words.filter((text) => text !== '')].join(' ')
}
