import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'

/** Why a line cannot be a command. */
export type LineFault = 'bare' | 'nul'

const LF = 0x0a
const CR = 0x0d

/** The library's parser takes LF alone for an end of line, which another server in front may not: what one calls a command is
 * content to the other (SMTP smuggling). Here a line ends with CR LF, and with nothing else (RFC 5321, 2.3.8). */
export class StrictParser extends SMTPStream {
  /** Called once, instead of the command and of all that follows it. */
  onfault: (fault: LineFault) => void = () => undefined
  #previous = 0

  /** Octets that are not commands follow: a CR at the end of a packet with some of them is theirs. */
  protected leaveCommands(): void {
    this.#previous = 0
  }

  override _write(chunk: Buffer, encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    if (this._dataMode || this.isClosed) {
      this.leaveCommands()
      return super._write(chunk, encoding, next)
    }
    const fault = this.#faultAt(chunk)
    if (fault === undefined) return super._write(chunk, encoding, next)
    this.#previous = LF
    // What came before it may be whole commands: they are carried out.
    super._write(chunk.subarray(0, fault.at), encoding, (error) => {
      // One of them may have been DATA or BDAT, or the end: then what follows is no line of a command.
      if (error || this.isClosed || this._dataMode) return this._write(chunk.subarray(fault.at), encoding, next)
      this.isClosed = true
      this.onfault(fault.kind)
      next()
    })
  }

  /** The beginning of the first line that holds a bare CR or LF, or NUL. */
  #faultAt(chunk: Buffer): { at: number; kind: LineFault } | undefined {
    let lineStart = 0
    for (const [index, octet] of chunk.entries()) {
      const before = index === 0 ? this.#previous : (chunk[index - 1] ?? 0)
      if (octet === 0) return { at: lineStart, kind: 'nul' }
      if ((octet === LF) !== (before === CR)) return { at: lineStart, kind: 'bare' }
      if (octet === LF) lineStart = index + 1
    }
    this.#previous = chunk.at(-1) ?? this.#previous
    return undefined
  }
}
