import { fieldValue, readHeaderBlock } from './header-block.ts'
import type { HeaderBlock } from './header-block.ts'

export type BodyEncoding = 'quoted-printable' | 'base64' | 'other'

/** How many boundaries of a message are remembered: no real message nests deeper, and each is compared with every line that could be
 * one. */
const MAX_BOUNDARIES = 50

/** Tracks the Content-Transfer-Encoding (RFC 2045, 6) of the lines of a body while they are read from top to bottom. */
export class BodyEncodings {
  readonly #content: Buffer
  readonly #boundaries = new Set<string>()
  #current: BodyEncoding = 'other'
  /** End of the most recent part header: a line within it is not a boundary. */
  #headerEnd: number

  /** `content` has CRLF line ends only; `body` is the offset at which its header ends. */
  constructor(content: Buffer, body: number) {
    this.#content = content
    this.#headerEnd = body
    this.#enter(content, readHeaderBlock(content.subarray(0, body)))
  }

  get current(): BodyEncoding {
    return this.#current
  }

  /** Processes a line of the body, given without its CRLF, from `start` to `next`, where the next line begins. */
  line(line: Buffer, start: number, next: number): void {
    if (start < this.#headerEnd || line[0] !== HYPHEN || line[1] !== HYPHEN || this.#boundaries.size === 0) return
    const text = line.toString('latin1', 2).trimEnd()
    if (this.#boundaries.has(text)) this.#enterPart(next)
    else if (text.endsWith('--') && this.#boundaries.has(text.slice(0, -2))) this.#current = 'other'
  }

  /** Reads the header of a part, and of the message in it if the part is one. */
  #enterPart(start: number): void {
    const part = this.#content.subarray(start, start + MAX_PART_HEADER)
    const block = readHeaderBlock(part)
    this.#headerEnd = start + block.end
    const isMessage = this.#enter(part, block)
    const inner = start + block.end + 2
    if (isMessage && inner < start + MAX_PART_HEADER && inner < this.#content.length) this.#enterPart(inner)
  }

  /** Takes encoding and boundary from a header; returns whether its part is itself a message. */
  #enter(part: Buffer, block: HeaderBlock): boolean {
    const value = (name: string): string => {
      const field = block.fields.find((one) => one.name === name)
      return field === undefined ? '' : fieldValue(part, field)
    }
    const [, encoding] = /^["\s]*(quoted-printable|base64)\b/i.exec(value('content-transfer-encoding')) ?? []
    this.#current = (encoding?.toLowerCase() as BodyEncoding | undefined) ?? 'other'
    const type = value('content-type')
    const [, quoted, plain] = BOUNDARY.exec(type) ?? []
    const boundary = quoted?.replace(/\\(.)/g, '$1') ?? plain?.replace(/^[^']*'[^']*'/, '')
    if (boundary !== undefined && this.#boundaries.size < MAX_BOUNDARIES) this.#boundaries.add(boundary)
    return /^message\//i.test(type)
  }
}

/** RFC 2046, 5.1.1, with the extended form of RFC 2231. */
const BOUNDARY = /;\s*boundary\*?\s*=\s*(?:"((?:[^"\\]|\\.){1,200})"|([^\s;"]{1,200}))/i

/** A part's header has only some fields. Octets. */
const MAX_PART_HEADER = 64 * 1024

const HYPHEN = 0x2d
