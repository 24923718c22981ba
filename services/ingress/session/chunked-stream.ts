import type { Writable } from 'node:stream'
import { StrictParser } from './strict-parser.ts'

interface Chunk {
  /** Octets of it that have not come yet. */
  left: number
  /** Undefined for one that is read and dropped. */
  into: Writable | undefined
  /** Called once with all of it; what follows it is read when that calls back. */
  done: (next: () => void) => void
}

/** smtp-server's reader of commands and DATA, which can also read so many octets as they are: the chunks of BDAT (RFC 3030). */
export class ChunkedStream extends StrictParser {
  #chunk: Chunk | undefined

  /** The next octets are content, not commands. To be called from a command's handler, before its callback. */
  readChunk(octets: number, into: Writable | undefined, done: Chunk['done']): void {
    this.#chunk = { left: octets, into, done }
    this.leaveCommands()
    // The library then gives what follows the command's line to readPacket, and counts the time as the client's.
    this.inContent = true
  }

  protected override readPacket(data: Buffer, next: (error?: Error | null) => void): void {
    const chunk = this.#chunk
    if (chunk === undefined || this.isClosed) return super.readPacket(data, next)
    const part = data.subarray(0, chunk.left)
    const rest = data.subarray(part.length)
    chunk.left -= part.length
    const resume = (): void => super.readPacket(rest, next)
    pass(part, chunk.into, () => {
      if (chunk.left > 0) return next()
      this.#chunk = undefined
      this.inContent = false
      // Not at once: many small chunks in one packet would fill the stack.
      chunk.done(() => setImmediate(resume))
    })
  }
}

/** Writes and waits until there is room again. A stream that was given up takes nothing and never drains. */
function pass(part: Buffer, into: Writable | undefined, then: () => void): void {
  if (part.length === 0 || into === undefined || !into.writable || into.write(part) || into.destroyed) return then()
  const go = (): void => {
    into.off('drain', go)
    into.off('close', go)
    then()
  }
  into.once('drain', go)
  into.once('close', go)
}
