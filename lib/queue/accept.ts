import type { Envelope } from '@postrider/mail/envelope'
import type { Broker } from './broker.ts'
import { mailStream, newSubject, partSubject } from './names.ts'
import { publishLasting } from './publish.ts'
import { encodeEnvelope } from './record.ts'
import type { ContentRef } from './record.ts'

/** The broker did not confirm in time that the message is stored. The client gets 451 4.3.0 and keeps its copy. */
export class NotStored extends Error {
  override readonly name = 'NotStored'
  readonly waitedMs: number
  constructor(waitedMs: number, options: ErrorOptions) {
    super(`the queue did not confirm the message within ${waitedMs} ms`, options)
    this.waitedMs = waitedMs
  }
}

/** A record holds this much content; what is more goes before it, in parts. Octets.
 * Bounds what a delivery worker holds in memory for the jobs it has taken. */
const RECORD_BYTES = 256 * 1024
const PART_BYTES = 512 * 1024

export interface Acceptor {
  /** Resolves when the message is on disk: only then may the client be told 250. Rejects with NotStored. */
  store(envelope: Envelope, content: Buffer): Promise<ContentRef>
}

/** Writes accepted messages. `waitMs` bounds how long a client waits for its 250 or 451. */
export function createAcceptor(broker: Broker, shards: number, waitMs: number): Acceptor {
  let turn = 0
  return {
    async store(envelope, content) {
      const shard = turn++ % shards
      return storeAt(broker, mailPlace(shard), envelope, content, waitMs)
    },
  }
}

/** Where a message is written to. */
export interface Place {
  stream: string
  recordSubject: string
  partSubject: string
}

export const mailPlace = (shard: number): Place => ({
  stream: mailStream(shard),
  recordSubject: newSubject(shard),
  partSubject: partSubject(shard),
})

/** Writes a message's content with its envelope, and further headers of its record. Rejects with NotStored. */
export async function storeAt(
  broker: Broker,
  { stream, recordSubject, partSubject }: Place,
  envelope: Envelope,
  content: Buffer,
  waitMs: number,
  more: Record<string, string> = {},
): Promise<ContentRef> {
  const started = Date.now()
  // At once while the broker is away: a publish would wait for the reconnect.
  if (!broker.connected) throw new NotStored(0, { cause: new Error('the broker is away') })
  try {
    const parts = await storeParts(broker, partSubject, envelope.id, content, waitMs)
    const headers = encodeEnvelope(envelope, parts)
    for (const [name, value] of Object.entries(more)) headers.set(name, value)
    const ack = await publishLasting(broker, recordSubject, content.subarray(0, RECORD_BYTES), {
      headers,
      msgID: envelope.id,
      timeout: waitMs,
    })
    return { stream, seq: ack.seq, parts }
  } catch (cause) {
    throw new NotStored(Date.now() - started, { cause })
  }
}

/** Parts come before the record, which names them: without the record they are nothing, and age out. */
async function storeParts(
  broker: Broker,
  subject: string,
  id: string,
  content: Buffer,
  timeout: number,
): Promise<number[]> {
  const parts: number[] = []
  for (let at = RECORD_BYTES; at < content.length; at += PART_BYTES) {
    const part = content.subarray(at, at + PART_BYTES)
    const ack = await publishLasting(broker, subject, part, { msgID: `${id}/${parts.length}`, timeout })
    parts.push(ack.seq)
  }
  return parts
}
