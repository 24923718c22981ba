const END = '\r\n.\r\n'

/** Finds the end of a message's content in what comes piece by piece, looking at each piece once. */
export class ContentReader {
  readonly #maxOctets: number
  readonly #kept: string[] = []
  #size = 0
  /** What may be the beginning of the end. The content begins where a line begins. */
  #tail = '\r\n'

  /** Keeps the first `maxOctets` of the content. */
  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets + this.#tail.length
  }

  /** What follows the end, once that has come. */
  take(piece: string): string | undefined {
    const text = this.#tail + piece
    const end = text.indexOf(END)
    if (end === -1) {
      this.#keep(text.slice(0, 1 - END.length))
      this.#tail = text.slice(1 - END.length)
      return undefined
    }
    this.#keep(text.slice(0, end + 2))
    return text.slice(end + END.length)
  }

  /** As the client meant it: doubled dots undone (RFC 5321, section 4.5.2). */
  content(): string {
    return this.#kept
      .join('')
      .replace(/\r\n\.\./g, '\r\n.')
      .slice(2)
  }

  #keep(octets: string): void {
    const kept = octets.slice(0, Math.max(0, this.#maxOctets - this.#size))
    this.#size += kept.length
    this.#kept.push(kept)
  }
}
