import type { Broker } from '@postrider/broker/connection'
import type { Envelope } from '@postrider/mail/envelope'
import { eraseContent, readWholeContent } from '@postrider/queue/content'
import type { ContentRef } from '@postrider/queue/content-ref'
import type { OweDiscard } from '../retention/owe-discard.ts'
import { enqueueHeld } from '@postrider/queue/held'

/** What a review does with the content of held messages. */
export interface HeldMail {
  /** Throws ContentGoneError and RecordUnavailableError. */
  read(content: ContentRef): Promise<Buffer>
  /** Rejects as Acceptor.store does. */
  enqueue(envelope: Envelope, octets: Buffer): Promise<ContentRef>
  erase(content: ContentRef): Promise<void>
}

const STORE_WAIT_MS = 10_000

export const heldMail = (broker: Broker, shards: number, unnamed: OweDiscard): HeldMail => ({
  read: (content) => readWholeContent(broker, content),
  enqueue: (envelope, octets) => enqueueHeld(broker, shards, envelope, octets, { waitMs: STORE_WAIT_MS, unnamed }),
  erase: (content) => eraseContent(broker, content),
})
