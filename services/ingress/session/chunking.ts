import { PassThrough } from 'node:stream'
import type { SMTPServerDataStream } from 'smtp-server'

/** A BDAT command (RFC 3030, 2). */
export interface ChunkCommand {
  octets: number
  last: boolean
}

/** Parses `BDAT octets` or `BDAT octets LAST`; undefined for anything else. */
export function readChunkCommand(line: string): ChunkCommand | undefined {
  const [, octets, last] = /^BDAT +(\d{1,15})( +LAST)? *$/i.exec(line) ?? []
  return octets === undefined ? undefined : { octets: Number(octets), last: last !== undefined }
}

/** The result of the content handler: an error, or the text of the 250 reply. */
export interface ContentResult {
  error?: (Error & { responseCode?: number }) | null
  message?: string
}

/** A message that arrives in chunks: the handler reads `stream` as if it came by DATA. */
export interface ChunkedMessage {
  stream: SMTPServerDataStream
  result: Promise<ContentResult>
}

export type ContentHandler = (
  stream: SMTPServerDataStream,
  callback: (error?: ContentResult['error'], message?: string | Error[] | unknown[]) => void,
) => void

/** Starts the content handler of a message that is sent with BDAT. */
export function beginChunks(handle: ContentHandler): ChunkedMessage {
  const stream: SMTPServerDataStream = Object.assign(new PassThrough(), { byteLength: 0, sizeExceeded: false })
  const result = new Promise<ContentResult>((resolve) => {
    handle(stream, (error, message) => {
      resolve({ error, ...(typeof message === 'string' ? { message } : {}) })
      // A handler that decided without reading must not block the chunks that follow.
      if (stream.readableFlowing === null) stream.resume()
    })
  })
  return { stream, result }
}

/** Ends a message that was not completed, because the client disconnected or sent RSET. Nothing of it was accepted. */
export function abandon({ stream }: ChunkedMessage): void {
  if (stream.listenerCount('error') === 0) stream.on('error', () => undefined)
  stream.destroy(new Error('the client abandoned the message between two chunks'))
}
