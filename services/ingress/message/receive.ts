import type { Readable } from 'node:stream'
import { RefusalError } from '@postrider/smtp/refusal'
import { tooLarge } from '../policy/submitter.ts'

/** Bound on the memory for messages that are arriving or being stored, over all sessions of the process. Octets. */
const MAX_IN_MEMORY = 768 * 1024 * 1024

/** A message as it arrived. Its memory counts until it is released. */
export interface Received {
  raw: Buffer
  release(): void
}

/** Reads the content of one message to its end. Keeps at most `limit` octets: a larger message is still read to its end and dropped,
 * because the client reads the reply only after its final dot (RFC 5321, 4.5.3.1.9). Rejects with the RefusalError. */
export type Receive = (stream: Readable, limit: number) => Promise<Received>

/** Creates the receiver that all sessions of a process share. `maxInMemory` in octets. */
export function createReceiver(maxInMemory = MAX_IN_MEMORY): Receive {
  const memory = { used: 0, max: maxInMemory }
  return (stream, limit) => receive(stream, limit, memory)
}

async function receive(stream: Readable, limit: number, memory: { used: number; max: number }): Promise<Received> {
  const chunks: Buffer[] = []
  let size = 0
  let refusal: RefusalError | undefined
  const drop = (reason: RefusalError): void => {
    refusal = reason
    memory.used -= size
    chunks.length = 0
    size = 0
  }
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      if (refusal !== undefined) return
      chunks.push(chunk)
      size += chunk.length
      memory.used += chunk.length
      if (size > limit) {
        drop(tooLarge(limit))
      } else if (memory.used > memory.max) {
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
    // The client disconnected. No one reads this reply; it is recorded as aborted, not as a fault of the ingress.
    stream.once('error', (cause) => {
      memory.used -= size
      size = 0
      reject(new RefusalError(451, '4.4.2', 'the connection ended before the message did', 'aborted', { cause }))
    })
    stream.once('end', () => {
      if (refusal !== undefined) return reject(refusal)
      const octets = size
      resolve({
        raw: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size),
        release: () => (memory.used -= octets),
      })
    })
  })
}
