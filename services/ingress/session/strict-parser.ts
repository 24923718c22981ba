import { LibraryParser } from './smtp-server-adapter.ts'

/** Why a line cannot be a command. */
export type LineFault = 'bare' | 'nul'

const LF = 0x0a
const CR = 0x0d

/** The library's parser takes LF alone for an end of line, which another server in front may not: what one calls a command is
 * content to the other (SMTP smuggling). Here a line ends with CR LF, and with nothing else (RFC 5321, 2.3.8). */
export class StrictParser extends LibraryParser {
  readonly #onFault: (fault: LineFault) => void
  #previous = 0

  /** `onFault` is called once, instead of the command and of all that follows it. */
  constructor(maxCommandLength: number | undefined, onFault: (fault: LineFault) => void) {
    super({ maxCommandLength })
    this.#onFault = onFault
  }

  /** Octets that are not commands follow: a CR at the end of a packet with some of them is theirs. */
  protected leaveCommands(): void {
    this.#previous = 0
  }

  protected override readPacket(packet: Buffer, next: (error?: Error | null) => void): void {
    if (this.inContent || this.isClosed) {
      this.leaveCommands()
      return super.readPacket(packet, next)
    }
    const fault = this.#faultAt(packet)
    if (fault === undefined) return super.readPacket(packet, next)
    this.#previous = LF
    // What came before it may be whole commands: they are carried out.
    super.readPacket(packet.subarray(0, fault.at), (error) => {
      // One of them may have been DATA or BDAT, or the end: then what follows is no line of a command.
      if (error || this.isClosed || this.inContent) return this.readPacket(packet.subarray(fault.at), next)
      this.stopReading()
      this.#onFault(fault.kind)
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
