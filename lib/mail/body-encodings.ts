import { fieldValue, readHeaderBlock } from './header-block.ts'
import type { HeaderBlock } from './header-block.ts'

export type BodyEncoding = 'quoted-printable' | 'base64' | 'other'

/** Boundaries of a message that are known at once: nobody nests deeper, and each is compared with every line that could be one. */
const MAX_BOUNDARIES = 50

/** Which Content-Transfer-Encoding (RFC 2045, 6) the lines of a body have, while they are read from top to bottom. */
export class BodyEncodings {
  readonly #content: Buffer
  readonly #boundaries = new Set<string>()
  #current: BodyEncoding = 'other'

  /** `body`: where the header of CRLF-only content ends. */
  constructor(content: Buffer, body: number) {
    this.#content = content
    this.#enter(content, readHeaderBlock(content.subarray(0, body)))
  }

  get current(): BodyEncoding {
    return this.#current
  }

  /** Reads past a line of the body, given without its CRLF; `next` is where the line after it begins. */
  line(line: Buffer, next: number): void {
    if (line[0] !== HYPHEN || line[1] !== HYPHEN || this.#boundaries.size === 0) return
    const text = line.toString('latin1', 2).trimEnd()
    if (this.#boundaries.has(text)) {
      const part = this.#content.subarray(next)
      this.#enter(part, readHeaderBlock(part))
    } else if (text.endsWith('--') && this.#boundaries.has(text.slice(0, -2))) {
      this.#current = 'other'
    }
  }

  #enter(part: Buffer, block: HeaderBlock): void {
    const value = (name: string): string => {
      const field = block.fields.find((one) => one.name === name)
      return field === undefined ? '' : fieldValue(part, field)
    }
    const encoding = value('content-transfer-encoding').toLowerCase()
    this.#current = encoding === 'quoted-printable' || encoding === 'base64' ? encoding : 'other'
    const [, quoted, plain] =
      /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(value('content-type')) ?? []
    const boundary = quoted ?? plain
    if (boundary !== undefined && this.#boundaries.size < MAX_BOUNDARIES) this.#boundaries.add(boundary)
  }
}

const HYPHEN = 0x2d
