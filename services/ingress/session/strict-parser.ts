import { LibraryParser } from './smtp-server-adapter.ts'

/** Why a line cannot be a command. */
export type LineFault = 'bare' | 'nul'

const LF = 0x0a
const CR = 0x0d

/** The library's parser with strict line ends: a line ends with CR LF and with nothing else (RFC 5321, 2.3.8). The library also accepts LF
 * alone, which a server in front may not: what is content to one is then a command to the other (SMTP smuggling). */
export class StrictParser extends LibraryParser {
  readonly #onFault: (fault: LineFault) => void
  #previous = 0

  /** `onFault` is called once, in place of the faulty command; everything after it is dropped. */
  constructor(maxCommandLength: number | undefined, onFault: (fault: LineFault) => void) {
    super({ maxCommandLength })
    this.#onFault = onFault
  }

  /** Call it when content follows instead of commands: a CR at the end of a packet then belongs to the content. */
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
    // The lines before the fault may be complete commands, which are executed.
    super.readPacket(packet.subarray(0, fault.at), (error) => {
      // One of these may have been DATA, BDAT or QUIT: then what follows is not a command line.
      if (error || this.isClosed || this.inContent) return this.readPacket(packet.subarray(fault.at), next)
      this.stopReading()
      this.#onFault(fault.kind)
      next()
    })
  }

  /** The start of the first line that contains a bare CR or LF, or NUL; undefined if there is none. */
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
