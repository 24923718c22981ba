import type { Readable } from 'node:stream'
import { RefusalError } from '@postrider/smtp/refusal'

/** Bounds what all sessions together hold of messages that are still arriving or being stored. Octets. */
const MAX_IN_MEMORY = 768 * 1024 * 1024

/** A message as it came, until it is released. */
export interface Received {
  raw: Buffer
  release(): void
}

/** Reads the DATA of one message to its end, keeping no more than `limit` octets: what is larger is read and dropped, since
 * the client hears the refusal only after its final dot (RFC 5321, 4.5.3.1.9). */
export type Receive = (stream: Readable, limit: number) => Promise<Received>

/** A receiver of all sessions of this process. */
export function createReceiver(maxInMemory = MAX_IN_MEMORY): Receive {
  const memory = { held: 0, max: maxInMemory }
  return (stream, limit) => receive(stream, limit, memory)
}

async function receive(stream: Readable, limit: number, memory: { held: number; max: number }): Promise<Received> {
  const chunks: Buffer[] = []
  let size = 0
  let refusal: RefusalError | undefined
  const drop = (reason: RefusalError): void => {
    refusal = reason
    memory.held -= size
    chunks.length = 0
    size = 0
  }
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      if (refusal !== undefined) return
      chunks.push(chunk)
      size += chunk.length
      memory.held += chunk.length
      if (size > limit) {
        drop(new RefusalError(552, '5.3.4', `the message exceeds your limit of ${limit} octets`, 'size'))
      } else if (memory.held > memory.max) {
        drop(
          new RefusalError(
            452,
            '4.3.1',
            'too much mail is arriving at once; try again in a minute',
            'queue-unavailable',
          ),
        )
      }
    })
    // The client disconnected: no one gets the reply, and it is not a fault of the ingress.
    stream.once('error', (cause) => {
      memory.held -= size
      size = 0
      reject(new RefusalError(451, '4.4.2', 'the connection ended before the message did', 'aborted', { cause }))
    })
    stream.once('end', () => {
      if (refusal !== undefined) return reject(refusal)
      const held = size
      resolve({
        raw: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size),
        release: () => (memory.held -= held),
      })
    })
  })
}
