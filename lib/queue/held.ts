import type { MsgHdrs } from '@nats-io/transport-node'
import type { Envelope } from '@postrider/mail/envelope'
import { storeAt } from './accept.ts'
import { mailPlace, shardOf } from './place.ts'
import type { StoreOptions } from './accept.ts'
import type { Broker } from '@postrider/broker/connection'
import { HELD, heldPartSubject, heldRecordSubject } from '@postrider/broker/names'
import { z } from 'zod'
import { decodeRecord } from './record.ts'
import type { RecordHead } from './record.ts'
import type { ContentRef } from './content-ref.ts'
import { BadRecordError, readStored } from '@postrider/broker/stored'

/** Why a message is held for review. */
export interface HeldFor {
  scanner: string
  reason: string
}

export interface HeldRecord extends RecordHead {
  why: HeldFor
}

const HELD_FOR = 'Postrider-Held'
const heldFor: z.ZodType<HeldFor> = z.looseObject({ scanner: z.string(), reason: z.string() })
/** Bounds the reason, since a scanner may return more than fits into a header. Characters. */
const MAX_REASON = 1000

/** Stores a message for review, in a stream that delivery does not read, until a person decides about it. As durable as the queue: the
 * client may be answered 250. Rejects as `Acceptor.store` does. */
export function hold(
  broker: Broker,
  envelope: Envelope,
  why: HeldFor,
  content: Buffer,
  options: StoreOptions,
): Promise<ContentRef> {
  const { id } = envelope
  const place = { stream: HELD, recordSubject: heldRecordSubject(id), partSubject: heldPartSubject(id) }
  const header = JSON.stringify({ ...why, reason: why.reason.slice(0, MAX_REASON) })
  return storeAt(broker, place, envelope, content, options, { [HELD_FOR]: header })
}

/** Decodes a record of the HELD stream like decodeRecord, with the reason. Throws BadRecordError and NewerRecordError. */
export function decodeHeld(fields: MsgHdrs | undefined, data: Uint8Array): HeldRecord {
  const why = fields?.get(HELD_FOR) ?? ''
  if (why === '') throw new BadRecordError('a held record without a reason')
  return { ...decodeRecord(fields, data), why: readStored('the reason of a held record', why, heldFor) }
}

/** Puts a message that was held for review into the queue. The stream is derived from the id, so within its duplicate window the broker
 * stores a repeated message once. Rejects as `Acceptor.store` does. */
export function enqueueHeld(
  broker: Broker,
  shards: number,
  envelope: Envelope,
  content: Buffer,
  options: Pick<StoreOptions, 'waitMs' | 'unnamed'>,
): Promise<ContentRef> {
  return storeAt(broker, mailPlace(shardOf(envelope.id, shards)), envelope, content, options)
}
