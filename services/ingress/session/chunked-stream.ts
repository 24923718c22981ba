import type { Writable } from 'node:stream'
import { StrictParser } from './strict-parser.ts'

interface Chunk {
  /** Octets that have not arrived yet. */
  left: number
  /** Undefined: the chunk is read and dropped. */
  into: Writable | undefined
  /** Called once, when the whole chunk has been read. Reading continues when `next` is called. */
  done: (next: () => void) => void
}

/** smtp-server's parser of commands and DATA, extended to read a given number of octets verbatim: the chunks of BDAT (RFC 3030). */
export class ChunkedStream extends StrictParser {
  #chunk: Chunk | undefined

  /** Reads the next `octets` as content instead of commands. Call it from a command's handler, before the handler's callback. */
  readChunk(octets: number, into: Writable | undefined, done: Chunk['done']): void {
    this.#chunk = { left: octets, into, done }
    this.leaveCommands()
    // The library then passes what follows the command line to readPacket, and attributes the waiting time to the client.
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
      // Asynchronously: many small chunks in one packet would overflow the stack.
      chunk.done(() => setImmediate(resume))
    })
  }
}

/** Writes, and calls `then` when the stream can take more. A destroyed stream never drains, so 'close' counts as well. */
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
