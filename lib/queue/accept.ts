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

/** What remains in the queue of a message that was not stored. `perhaps`: the broker did not answer, or parts of the message are stored. */
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

/** The broker refuses the record because of its content or size, and would refuse it each time. The client gets 552 or 554. */
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

/** How long the broker may be away before the message is refused; a broker that restarts is back sooner. A client that gets 451 within
 * this time tries again; a client that waits longer may time out and submit a duplicate. Milliseconds. */
const AWAY_MS = 10_000
const WITHDRAW_MS = 5000
const DISCARD_MS = 5000
/** For this long after the record was sent, the broker certainly still knows its id. Well within the broker's duplicate window.
 * Milliseconds. */
const MARK_COUNTS_MS = DUPLICATE_WINDOW_MS - 20_000

export interface StoreOptions {
  /** Bounds how long a client waits for its 250 or 451. Milliseconds. */
  waitMs: number
  /** Requests the deletion of parts that no record names; resolves when the deletion is certain to happen. Only for ids that are never
   * stored again: the broker would treat the same part, sent again, as a duplicate of the deleted one. */
  discard?: Discard
}

/** Writes accepted messages. */
export function createAcceptor(broker: Broker, shards: number, options: StoreOptions): Acceptor {
  return {
    store: async (envelope, content) =>
      storeAt(broker, mailPlace(shardOf(envelope.id, shards)), envelope, content, options),
  }
}

/** Derives the stream of a message from its id, so that the broker recognizes a message that is stored again and stores it once. */
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

/** Writes a message's content, its envelope, and the additional record headers in `more`. Its size is checked before the first part is
 * written. Rejects as `Acceptor.store` does. */
export async function storeAt(
  broker: Broker,
  place: Place,
  envelope: Envelope,
  content: Buffer,
  { waitMs, discard }: StoreOptions,
  more: Record<string, string> = {},
): Promise<ContentRef> {
  const started = performance.now()
  // Fails immediately while the broker is away: a publish would wait for the reconnect.
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

/** What has been sent to the broker for one message. */
interface Sent {
  /** Sequence numbers of the parts that are stored. */
  parts: number[]
  /** When the record was sent, in monotonic milliseconds; undefined when it was not sent. */
  recordAt?: number
  /** The record was sent more than once. */
  repeated: boolean
}

/** Finds out what remains of a message whose record was not confirmed, and requests the deletion of its parts when no record names them. */
async function giveUp(
  broker: Broker,
  place: Place,
  id: string,
  { sent, cause, discard }: { sent: Sent; cause: unknown; discard: Discard | undefined },
): Promise<{ storedAt: number } | { left: Left }> {
  const { parts, recordAt, repeated } = sent
  // A refusal proves that the broker did not store the record, unless the record had been sent before.
  const answered = writeFailure(cause) === 'refused' || isAnswer(cause)
  const absent = recordAt === undefined || (answered && !repeated)
  const end = absent ? 'absent' : await withdraw(broker, place, id)
  if (typeof end === 'object') return end
  // A mark proves nothing about a record that was stored so long ago that the broker no longer knows its id.
  const isUnnamed = end === 'absent' && (absent || performance.now() - recordAt < MARK_COUNTS_MS)
  const isGone = isUnnamed && (parts.length === 0 || (await isDiscarded(discard?.(id, place.stream, parts))))
  // A part that was not confirmed may be stored, at an unknown sequence.
  return { left: isGone && (recordAt !== undefined || answered) ? 'nothing' : 'perhaps' }
}

/** True when the deletion is certain to happen. The client waits at most DISCARD_MS for that. */
async function isDiscarded(discarding: Promise<void> | undefined): Promise<boolean> {
  if (discarding === undefined) return false
  const done = discarding.then(
    () => true,
    () => false,
  )
  return Promise.race([done, pause(DISCARD_MS, false, { ref: false })])
}

/**
 * Decides whether a record that the broker did not confirm is stored, so that a client that gets 451 and submits the message again does not
 * create a duplicate. Publishes a mark with the record's id: since the broker stores an id once, either the record is already stored and
 * the message is accepted after all, or the record can no longer be stored. Returns undefined when the broker does not answer this either.
 *
 * Published once: if it were repeated, the broker's "duplicate" could refer to the mark itself instead of the record.
 */
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

/** True for a refusal by the broker, and for the answer that no server handles the stream at the moment; the client library does not
 * export the class of the latter. */
const isAnswer = (error: unknown): boolean =>
  error instanceof JetStreamApiError || (error instanceof Error && error.name === 'JetStreamNotEnabled')

function recordOf(envelope: Envelope, json: Buffer, first: Buffer, plan: RecordPlan, parts: number[]) {
  return plan.envelopeInPayload
    ? { fields: payloadFields(envelope, json.length, parts), payload: Buffer.concat([json, first]) }
    : { fields: headerFields(json.toString(), parts), payload: first }
}

/** Stores the parts before the record that names them. Parts without a record are not read by anyone; they are discarded or age out. */
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
      // The hash is needed because a notice that is built again under the same id has different content.
      msgID: `${id}/${parts.length}/${hash('sha256', part).slice(0, 16)}`,
      timeout: waitMs,
      awayMs: AWAY_MS,
    })
    parts.push(ack.seq)
  }
}
