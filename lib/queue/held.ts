import { createHash } from 'node:crypto'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Envelope } from '@postrider/mail/envelope'
import { mailPlace, storeAt } from './accept.ts'
import type { Broker } from './broker.ts'
import { HELD, heldPartSubject, heldRecordSubject } from './names.ts'
import { BadRecord, decodeEnvelope } from './record.ts'
import type { ContentRef } from './record.ts'

/** Why a message is held. */
export interface HeldFor {
  scanner: string
  reason: string
}

export interface HeldRecord {
  envelope: Envelope
  parts: number[]
  why: HeldFor
}

const HELD_FOR = 'Postrider-Held'

/** Writes a message where delivery does not read, until a person has decided about it. As durable as the queue: the client may be
 * told 250. Rejects with NotStored. */
export function hold(
  broker: Broker,
  envelope: Envelope,
  why: HeldFor,
  content: Buffer,
  waitMs: number,
): Promise<ContentRef> {
  const { id } = envelope
  const place = { stream: HELD, recordSubject: heldRecordSubject(id), partSubject: heldPartSubject(id) }
  return storeAt(broker, place, envelope, content, waitMs, { [HELD_FOR]: JSON.stringify(why) })
}

/** Reads a record's headers; throws BadRecord. */
export function decodeHeld(fields: MsgHdrs | undefined): HeldRecord {
  const why = fields?.get(HELD_FOR)
  if (!why) throw new BadRecord('a held record without a reason')
  return { ...decodeEnvelope(fields), why: JSON.parse(why) as HeldFor }
}

/** Puts a message that was held into the queue. The stream follows from the id, so that a repetition within the broker's window
 * is known as one and stored once. Rejects with NotStored. */
export function enqueueHeld(
  broker: Broker,
  shards: number,
  envelope: Envelope,
  content: Buffer,
  waitMs: number,
): Promise<ContentRef> {
  const shard = createHash('sha256').update(envelope.id).digest().readUInt32BE(0) % shards
  return storeAt(broker, mailPlace(shard), envelope, content, waitMs)
}
