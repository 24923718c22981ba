import { maxPayloadOf } from '@postrider/broker/connection'
import { createHash, hash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { Envelope } from '@postrider/mail/envelope'
import type { Broker } from '@postrider/broker/connection'
import type { Discard } from './discard.ts'
import { mailStream, newSubject, partSubject } from '@postrider/broker/names'
import { publishLasting } from '@postrider/broker/publish'
import { headerFields, headersOf, payloadFields } from './record.ts'
import type { ContentRef } from './content-ref.ts'
import { headerBytes, planRecord } from './record-size.ts'
import type { RecordPlan } from './record-size.ts'
import { writeFailure } from '@postrider/broker/write-failure'
import { DUPLICATE_WINDOW_MS } from '@postrider/broker/streams'

/** What a message that was not stored has left in the queue. `perhaps`: the broker did not say, or parts of it are stored. */
export type Left = 'nothing' | 'perhaps'

/** The broker did not confirm in time that the message is stored. The client gets 451 4.3.0 and keeps its copy. */
export class NotStoredError extends Error {
  override readonly name = 'NotStoredError'
  readonly waitedMs: number
  readonly left: Left
  constructor(waitedMs: number, options: ErrorOptions & { left?: Left }) {
    super(`the queue did not confirm the message within ${waitedMs} ms`, options)
    this.waitedMs = waitedMs
    this.left = options.left ?? 'perhaps'
  }
}

/** The broker refuses the record for what it is, and will refuse it each time. The client gets 552 or 554. */
export class RecordRefusedError extends Error {
  override readonly name = 'RecordRefusedError'
  readonly left: Left
  constructor(left: Left, options: ErrorOptions) {
    super('the broker rejected the record itself', options)
    this.left = left
  }
}

export interface Acceptor {
  /** Resolves when the message is on disk: only then may the client be answered 250. Rejects with NotStoredError, RecordTooLargeError or
   * RecordRefusedError. */
  store(envelope: Envelope, content: Buffer): Promise<ContentRef>
}

/** A broker that restarts is back sooner. A client that hears 451 within this time tries again; one that waits for more gives up, and
 * may have a duplicate. Milliseconds. */
const AWAY_MS = 10_000
const WITHDRAW_MS = 5000
const DISCARD_MS = 5000
/** Well within the time for which the broker knows an id. */
const MARK_COUNTS_MS = DUPLICATE_WINDOW_MS - 20_000

export interface StoreOptions {
  /** Bounds how long a client waits for its 250 or 451. Milliseconds. */
  waitMs: number
  /** Sees to it that parts without a record are deleted; resolves when that is certain. Only for ids that are never stored again: the broker
   * takes a part that comes again for the one that was deleted. */
  discard?: Discard
}

/** Writes accepted messages. */
export function createAcceptor(broker: Broker, shards: number, options: StoreOptions): Acceptor {
  return {
    store: async (envelope, content) =>
      storeAt(broker, mailPlace(shardOf(envelope.id, shards)), envelope, content, options),
  }
}

/** The stream of a message follows from its id: a message that is stored again is known there, and stored once. */
export const shardOf = (id: string, shards: number): number =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % shards

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

/** Writes a message's content with its envelope, and further headers of its record. Its size is known before the first part is
 * written. Rejects as Acceptor.store does. */
export async function storeAt(
  broker: Broker,
  place: Place,
  envelope: Envelope,
  content: Buffer,
  { waitMs, discard }: StoreOptions,
  more: Record<string, string> = {},
): Promise<ContentRef> {
  const started = performance.now()
  // At once while the broker is away: a publish would wait for the reconnect.
  if (!broker.connected)
    throw new NotStoredError(0, { left: 'nothing', cause: new Error('the broker cannot be reached') })
  const { id } = envelope
  const json = Buffer.from(JSON.stringify(envelope))
  const plan = planRecord({
    envelope: json.length,
    content: content.length,
    otherHeaders: headerBytes([...payloadFields(envelope, json.length), ['Nats-Msg-Id', id], ...Object.entries(more)]),
    maxPayload: maxPayloadOf(broker),
  })
  const sent: Sent = { parts: [], repeated: false }
  const { parts } = sent
  try {
    await storeParts(broker, place.partSubject, id, content.subarray(plan.first), { plan, parts, waitMs })
    const { fields, payload } = recordOf(envelope, json, content.subarray(0, plan.first), plan, parts)
    sent.recordAt = performance.now()
    const ack = await publishLasting(broker, place.recordSubject, payload, {
      headers: headersOf([...fields, ...Object.entries(more)]),
      msgID: id,
      timeout: waitMs,
      awayMs: AWAY_MS,
      onRepeat: () => {
        sent.repeated = true
      },
    })
    return { stream: place.stream, seq: ack.seq, parts }
  } catch (cause) {
    const end = await giveUp(broker, place, id, { sent, cause, discard })
    if ('storedAt' in end) return { stream: place.stream, seq: end.storedAt, parts }
    throw writeFailure(cause) === 'refused'
      ? new RecordRefusedError(end.left, { cause })
      : new NotStoredError(Math.round(performance.now() - started), { cause, left: end.left })
  }
}

/** What was sent to the broker of a message. */
interface Sent {
  /** Those that are stored. */
  parts: number[]
  /** When the record left, by the monotonic clock; undefined when it did not come to that. */
  recordAt?: number
  /** The record was sent more than once. */
  repeated: boolean
}

/** Finds out what is left of a message whose record was not confirmed, and has its parts deleted when nothing names them. */
async function giveUp(
  broker: Broker,
  place: Place,
  id: string,
  { sent, cause, discard }: { sent: Sent; cause: unknown; discard: Discard | undefined },
): Promise<{ storedAt: number } | { left: Left }> {
  const { parts, recordAt, repeated } = sent
  // An answer says that the broker did not store what it answers, unless that was sent before.
  const answered = writeFailure(cause) === 'refused' || isAnswer(cause)
  const absent = recordAt === undefined || (answered && !repeated)
  const end = absent ? 'absent' : await withdraw(broker, place, id)
  if (typeof end === 'object') return end
  // A mark says nothing about a record that was stored before the broker forgot its id.
  const isUnnamed = end === 'absent' && (absent || performance.now() - recordAt < MARK_COUNTS_MS)
  const isGone = isUnnamed && (parts.length === 0 || (await isDiscarded(discard?.(id, place.stream, parts))))
  // A part without an answer may be stored, at an unknown place.
  return { left: isGone && (recordAt !== undefined || answered) ? 'nothing' : 'perhaps' }
}

/** True when it is certain. The client waits only a little for that: what is not known in time is done later. */
async function isDiscarded(discarding: Promise<void> | undefined): Promise<boolean> {
  if (discarding === undefined) return false
  const done = discarding.then(
    () => true,
    () => false,
  )
  return Promise.race([done, pause(DISCARD_MS, false, { ref: false })])
}

/** Decides about a record that was given up without an answer, so that a client that is answered 451 and sends the message again does not
 * send it twice. A mark with the record's id takes the record's place: the broker stores an id once, so either the record is there, and
 * the message is accepted after all, or it can no longer be stored. Undefined: the broker does not answer this either.
 *
 * Published once: repeated, the mark itself would be taken for the record. */
async function withdraw(
  broker: Broker,
  place: Place,
  id: string,
): Promise<'absent' | { storedAt: number } | undefined> {
  if (!broker.connected) return undefined
  try {
    const ack = await broker.js.publish(place.partSubject, '', { msgID: id, timeout: WITHDRAW_MS, retries: 1 })
    return ack.duplicate ? { storedAt: ack.seq } : 'absent'
  } catch {
    return undefined
  }
}

/** The broker's refusal, or its word that no server takes the record just now; the client library does not export that class. */
const isAnswer = (error: unknown): boolean =>
  error instanceof JetStreamApiError || (error instanceof Error && error.name === 'JetStreamNotEnabled')

function recordOf(envelope: Envelope, json: Buffer, first: Buffer, plan: RecordPlan, parts: number[]) {
  return plan.envelopeInPayload
    ? { fields: payloadFields(envelope, json.length, parts), payload: Buffer.concat([json, first]) }
    : { fields: headerFields(json.toString(), parts), payload: first }
}

/** Parts come before the record, which names them: without the record they are nothing, and are discarded or
 * age out. */
async function storeParts(
  broker: Broker,
  subject: string,
  id: string,
  content: Buffer,
  { plan, parts, waitMs }: { plan: RecordPlan; parts: number[]; waitMs: number },
): Promise<void> {
  for (let at = 0; at < content.length; at += plan.partBytes) {
    const part = content.subarray(at, at + plan.partBytes)
    const ack = await publishLasting(broker, subject, part, {
      // A notice that is built again under its id has other octets.
      msgID: `${id}/${parts.length}/${hash('sha256', part).slice(0, 16)}`,
      timeout: waitMs,
      awayMs: AWAY_MS,
    })
    parts.push(ack.seq)
  }
}
