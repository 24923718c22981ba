import { cut, printable } from '@postrider/reply/cut'
import type { ReplyBound } from './reply-bounds.ts'
import { MAX_LINE_OCTETS, MAX_REPLY_LINES, MAX_REPLY_OCTETS, MAX_TEXT_OCTETS } from './reply-bounds.ts'
import type { Reply } from './reply.ts'

const LF = 0x0a
const CR = 0x0d

/** A line that ends a reply (RFC 5321, 4.2): a code, and a space or nothing. NUL is nothing: Postfix reads no further. */
const LAST = /^\d{3}(?:[ \0]|$)/
const CONTINUED = /^\d{3}-/
/** A code with something else behind it: `250\tok`, `250:ok`, `250ok`. Not a number, a version or an address. */
const NEARLY_LAST = /^\d{3}(?=[\t:;,a-z])/i
const HAS_CODE = /^\d{3}(?=[ \0\t:;,a-z-]|$)/i
/** A success that was cut off within its text. */
const CUT_SUCCESS = /^2\d\d /

/** A reply as it was read. */
export interface ReadReply extends Reply {
  /** Octets that it took. */
  octets: number
  /** It held lines that are not SMTP, or silence completed it: the dialogue may be out of step. */
  odd: boolean
}

/**
 * Puts replies together from octets, however they are cut into packets. Time and memory are linear in what is read, and what is
 * kept of a reply is bounded.
 *
 * The rules are those of Postfix (`smtp_chat_resp` in src/smtp/smtp_chat.c, 3.12), which servers are tested against:
 * - A line ends with LF; CRs before it belong to the line end. Of an over-long line the beginning is read.
 * - Exactly three digits and a space, or three digits alone, end a reply; the code of that line is the reply's. Codes from 000
 *   to 999 are read; the dialogue decides that only 2xx is a success.
 * - Three digits and `-` continue a reply. The codes of such lines do not count, even where they differ from the last.
 * - Every other line is not part of the protocol: an empty line, text without a code, `250:ok`, a leading space. Its text is kept
 *   and the reply goes on, but the connection carries no further transaction (`odd`).
 * - What follows a complete reply belongs to the next one, and never invalidates it.
 *
 * Postfix waits for a proper line until its time-out, then defers. After a final dot that would deliver the message again and
 * again, so silence is read here as well (`atSilence`, `atEnd`).
 */
export class ReplyReader {
  readonly #line = Buffer.alloc(MAX_LINE_OCTETS)
  /** Octets of the line under way, and how many of them are kept. */
  #lineOctets = 0
  #kept = 0
  #lines: string[] = []
  #octets = 0
  #odd = false
  #broken: ReplyBound | undefined

  /** Octets that belong to no complete reply yet. */
  get pending(): number {
    return this.#octets
  }

  /** The bound that the reply under way broke. Nothing is read any more. */
  get broken(): ReplyBound | undefined {
    return this.#broken
  }

  /** The latest line that is not SMTP, of the reply under way: for an error's text. */
  get garbage(): string | undefined {
    const odd = this.#lines.findLast((line) => line.trim() !== '' && !LAST.test(line) && !CONTINUED.test(line))
    return odd === undefined ? undefined : printable(odd)
  }

  /** Feeds octets; calls `onReply` for each reply that became complete. */
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

  /** The remote has been silent for a while: a line that only lacks the space behind its code is its reply. */
  atSilence(): ReadReply | undefined {
    const last = this.#lines.at(-1)
    if (this.#lineOctets > 0 || last === undefined || !NEARLY_LAST.test(last)) return undefined
    this.#odd = true
    return this.#complete(last)
  }

  /** Nothing more will come in reply to a final dot. A success counts even when its text is cut off, since doubting it would
   * deliver the message twice; a refusal is not judged by half of its words. */
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

  /** One character an octet. */
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

/** What people and rules read: `550-5.1.1 no` and `550 5.1.1 such user` become `550 5.1.1 no such user`. */
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
