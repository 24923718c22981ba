import type { SMTPServerDataStream } from 'smtp-server'
import { Refusal } from '@postrider/smtp/refusal'

/** Bounds what all sessions together hold of messages that are still arriving or being stored. Octets. */
const MOST_IN_MEMORY = 768 * 1024 * 1024
let inMemory = 0

/** A message as it came, until it is released. */
export interface Received {
  raw: Buffer
  release(): void
}

/** Reads the DATA of one message to its end, keeping no more than `limit` octets: what is larger is read and dropped, since
 * the client hears the refusal only after its final dot (RFC 5321, 4.5.3.1.9). */
export async function receive(stream: SMTPServerDataStream, limit: number): Promise<Received> {
  const chunks: Buffer[] = []
  let size = 0
  let refusal: Refusal | undefined
  const drop = (reason: Refusal): void => {
    refusal = reason
    inMemory -= size
    chunks.length = 0
    size = 0
  }
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      if (refusal !== undefined) return
      chunks.push(chunk)
      size += chunk.length
      inMemory += chunk.length
      if (size > limit) {
        drop(new Refusal(552, '5.3.4', `the message exceeds your limit of ${limit} octets`, 'size'))
      } else if (inMemory > MOST_IN_MEMORY) {
        drop(new Refusal(452, '4.3.1', 'too much mail is arriving at once; try again in a minute', 'queue-unavailable'))
      }
    })
    // The client went away: nobody hears the reply, and it is no fault of ours.
    stream.once('error', (cause) => {
      inMemory -= size
      size = 0
      reject(new Refusal(451, '4.4.2', 'the connection ended before the message did', 'aborted', { cause }))
    })
    stream.once('end', () => {
      if (refusal !== undefined) return reject(refusal)
      const held = size
      resolve({
        raw: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size),
        release: () => (inMemory -= held),
      })
    })
  })
}
