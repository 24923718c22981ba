import { createHash, hash } from 'node:crypto'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { Envelope } from '@postrider/mail/envelope'
import type { Broker } from './broker.ts'
import { mailStream, newSubject, partSubject } from './names.ts'
import { publishLasting } from './publish.ts'
import { headerFields, headersOf, payloadFields } from './record.ts'
import type { ContentRef } from './record.ts'
import { headerBytes, planRecord } from './record-size.ts'
import type { RecordPlan } from './record-size.ts'
import { writeFailure } from './refusal.ts'

/** What a message that was not stored has left in the queue. `perhaps`: the broker did not say, or parts of it are stored. */
export type Left = 'nothing' | 'perhaps'

/** The broker did not confirm in time that the message is stored. The client gets 451 4.3.0 and keeps its copy. */
export class NotStored extends Error {
  override readonly name = 'NotStored'
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
    super('the broker refuses the record for what it is', options)
    this.left = left
  }
}

export interface Acceptor {
  /** Resolves when the message is on disk: only then may the client be told 250. Rejects with NotStored, RecordTooLargeError or
   * RecordRefusedError. */
  store(envelope: Envelope, content: Buffer): Promise<ContentRef>
}

/** A broker that restarts is back sooner. A client that hears 451 within this time tries again; one that waits for more gives up, and
 * may have a duplicate. Milliseconds. */
const AWAY_MS = 10_000
const WITHDRAW_MS = 5000

/** Writes accepted messages. `waitMs` bounds how long a client waits for its 250 or 451. */
export function createAcceptor(broker: Broker, shards: number, waitMs: number): Acceptor {
  return {
    store: async (envelope, content) =>
      storeAt(broker, mailPlace(shardOf(envelope.id, shards)), envelope, content, waitMs),
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

/** What the broker takes in one message where it has not said so, which it does in its greeting. Octets. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024
export const maxPayloadOf = ({ nc }: Pick<Broker, 'nc'>): number => nc.info?.max_payload ?? DEFAULT_MAX_PAYLOAD

/** Writes a message's content with its envelope, and further headers of its record. Its size is known before the first part is
 * written. Rejects as Acceptor.store does. */
export async function storeAt(
  broker: Broker,
  place: Place,
  envelope: Envelope,
  content: Buffer,
  waitMs: number,
  more: Record<string, string> = {},
): Promise<ContentRef> {
  const started = performance.now()
  // At once while the broker is away: a publish would wait for the reconnect.
  if (!broker.connected) throw new NotStored(0, { left: 'nothing', cause: new Error('the broker is away') })
  const json = Buffer.from(JSON.stringify(envelope))
  const plan = planRecord({
    envelope: json.length,
    content: content.length,
    otherHeaders: headerBytes([
      ...payloadFields(envelope, json.length),
      ['Nats-Msg-Id', envelope.id],
      ...Object.entries(more),
    ]),
    maxPayload: maxPayloadOf(broker),
  })
  const parts: number[] = []
  let recordSent = false
  const sent = { repeated: false }
  try {
    await storeParts(broker, place.partSubject, envelope.id, content.subarray(plan.first), { plan, parts, waitMs })
    const { fields, payload } = recordOf(envelope, json, content.subarray(0, plan.first), plan, parts)
    recordSent = true
    const ack = await publishLasting(broker, place.recordSubject, payload, {
      headers: headersOf([...fields, ...Object.entries(more)]),
      msgID: envelope.id,
      timeout: waitMs,
      awayMs: AWAY_MS,
      onRepeat: () => {
        sent.repeated = true
      },
    })
    return { stream: place.stream, seq: ack.seq, parts }
  } catch (cause) {
    if (writeFailure(cause) === 'refused')
      throw new RecordRefusedError(parts.length === 0 ? 'nothing' : 'perhaps', { cause })
    const end =
      recordSent && !(cause instanceof JetStreamApiError) ? await withdraw(broker, place, envelope.id) : undefined
    if (end !== undefined && end !== 'withdrawn') return { stream: place.stream, seq: end.storedAt, parts }
    if (end === 'withdrawn') {
      const left = parts.length === 0 ? 'nothing' : 'perhaps'
      throw new NotStored(Math.round(performance.now() - started), { cause, left })
    }
    // An answer of the broker says that it did not store this; without one, or after a repetition, it may have.
    const left = parts.length === 0 && !sent.repeated && isAnswer(cause) ? 'nothing' : 'perhaps'
    throw new NotStored(Math.round(performance.now() - started), { cause, left })
  }
}

/** Decides about a record that was given up without an answer, so that a client that is told 451 and sends the message again does not
 * send it twice. A mark with the record's id takes the record's place: the broker stores an id once, so either the record is there, and
 * the message is accepted after all, or it can no longer be stored. Undefined: the broker does not answer this either.
 *
 * Published once: repeated, the mark itself would be taken for the record. */
async function withdraw(
  broker: Broker,
  place: Place,
  id: string,
): Promise<'withdrawn' | { storedAt: number } | undefined> {
  if (!broker.connected) return undefined
  try {
    const ack = await broker.js.publish(place.partSubject, '', { msgID: id, timeout: WITHDRAW_MS, retries: 1 })
    return ack.duplicate ? { storedAt: ack.seq } : 'withdrawn'
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

/** Parts come before the record, which names them: without the record they are nothing, and age out. */
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
