import type { Reply } from './outcome.ts'

/** The remote does not speak SMTP, or says more than anybody needs to. */
export class BadReply extends Error {
  override readonly name = 'BadReply'
}

/** Octets. RFC 5321, 4.5.3.1.5 allows 512; some send more. */
const LONGEST_LINE = 4096
const MOST_LINES = 200

/** Puts replies together from what comes in. Feed it octets; it returns each reply that became complete. */
export class ReplyReader {
  #rest = ''
  #lines: string[] = []

  /** Throws BadReply. */
  push(chunk: Buffer): Reply[] {
    const replies: Reply[] = []
    this.#rest += chunk.toString('latin1')
    let start = 0
    for (let end = this.#rest.indexOf('\n'); end !== -1; end = this.#rest.indexOf('\n', start)) {
      const line = this.#rest.slice(start, this.#rest[end - 1] === '\r' ? end - 1 : end)
      start = end + 1
      const reply = this.#line(line)
      if (reply !== undefined) replies.push(reply)
    }
    this.#rest = this.#rest.slice(start)
    if (this.#rest.length > LONGEST_LINE) throw new BadReply('a reply line does not end')
    return replies
  }

  #line(line: string): Reply | undefined {
    if (line.length > LONGEST_LINE) throw new BadReply('a reply line is too long')
    if (!/^[2-5]\d\d(?:[ -]|$)/.test(line)) throw new BadReply(`not an SMTP reply: ${printable(line.slice(0, 100))}`)
    this.#lines.push(line)
    if (line[3] === '-') {
      if (this.#lines.length > MOST_LINES) throw new BadReply('a reply has too many lines')
      return undefined
    }
    const lines = this.#lines
    this.#lines = []
    return { code: Number(line.slice(0, 3)), text: printable(onOneLine(lines)), lines }
  }
}

/** What people and rules read: `550-5.1.1 no` and `550 5.1.1 such user` become `550 5.1.1 no such user`. */
function onOneLine(lines: string[]): string {
  const [first = '', ...others] = lines
  if (others.length === 0) return first
  const status = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3}) /.exec(first)?.[1]
  const rest = others.map((line) => {
    const text = line.slice(4)
    return status !== undefined && text.startsWith(`${status} `) ? text.slice(status.length + 1) : text
  })
  // The last line's code is the one that counts where a server mixes them against RFC 5321, 4.2.1.
  return [`${(others.at(-1) ?? '').slice(0, 3)} ${first.slice(4)}`, ...rest].join(' ')
}

/** Control characters in a reply would become line breaks and colours in a notice or on a terminal. */
const printable = (octets: string): string =>
  Buffer.from(octets, 'latin1')
    .toString()
    .replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
