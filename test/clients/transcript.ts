/** What was said in an SMTP session, seen from between. Commands and contents are kept, one char an octet (latin1). */
export class Transcript {
  readonly commands: string[] = []
  /** Contents of DATA, whole, without the final dot and the dots of transparency (RFC 5321, 4.5.2). */
  readonly contents: string[] = []
  #said = ''
  #inContent = false
  #startsTls = false

  /** The server has just answered a STARTTLS with 220. */
  get startsTls(): boolean {
    return this.#startsTls
  }

  client(chunk: Buffer): void {
    this.#said += chunk.toString('latin1')
    for (;;) {
      const end = this.#inContent ? endOfContent(this.#said) : this.#said.indexOf('\r\n')
      if (end === -1) return
      if (this.#inContent) this.contents.push(this.#said.slice(0, end).replace(/(^|\r\n)\.\./g, '$1.'))
      else this.commands.push(this.#said.slice(0, end))
      this.#said = this.#said.slice(end + (this.#inContent ? 3 : 2))
      this.#inContent = false
    }
  }

  server(chunk: Buffer): void {
    const replies = chunk.toString('latin1')
    const last = this.commands.at(-1)?.toUpperCase() ?? ''
    // A client sends nothing between DATA and its reply, so that all it says from here on is content.
    if (last === 'DATA' && /^354[ -]/m.test(replies)) this.#inContent = true
    this.#startsTls = last === 'STARTTLS' && replies.startsWith('220')
  }
}

/** Index of the final dot; the CRLF before it belongs to the content. -1 when it has not come. */
function endOfContent(said: string): number {
  if (said.startsWith('.\r\n')) return 0
  const end = said.indexOf('\r\n.\r\n')
  return end === -1 ? -1 : end + 2
}
