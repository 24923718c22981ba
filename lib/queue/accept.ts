import { maxPayloadOf } from '@postrider/broker/connection'
import { hash } from 'node:crypto'
import type { Envelope } from '@postrider/mail/envelope'
import type { Broker } from '@postrider/broker/connection'
import { publishLasting } from '@postrider/broker/publish'
import { decodeRecord, headerFields, headersOf, payloadFields } from './record.ts'
import type { ContentRef } from './content-ref.ts'
import { headerBytes, planRecord } from './record-size.ts'
import type { RecordPlan } from './record-size.ts'
import { writeFailure } from '@postrider/broker/write-failure'
import { giveUp } from './give-up.ts'
import type { Left, Sent, Withdrawal } from './give-up.ts'
import { mailPlace, shardOf } from './place.ts'
import type { Place } from './place.ts'
import { readRecord } from '@postrider/broker/read-record'

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
   * RecordRefusedError. The signal gives it up early, as if its time were over. */
  store(envelope: Envelope, content: Buffer, signal?: AbortSignal): Promise<ContentRef>
}

/** How long the broker may be away before the message is refused; a broker that restarts is back sooner. A client that gets 451 within
 * this time tries again; a client that waits longer may time out and submit a duplicate. Milliseconds. */
const AWAY_MS = 10_000

export interface StoreOptions {
  /** Bounds how long a client waits for its 250 or 451. Milliseconds. */
  waitMs: number
  /** For ids that are stored once only: a message that is not confirmed is withdrawn, so that it is not stored later. Left out for an id
   * that the caller stores again after a NotStoredError, since the broker would treat that as a duplicate of what was withdrawn. */
  withdraw?: Withdrawal
  /** Gives the message up early. */
  signal?: AbortSignal | undefined
  /** For ids that are stored again: called with the parts that this try stored in vain, because the broker has the record of an earlier
   * try, which names others. */
  unnamed?: (id: string, stream: string, parts: number[]) => void
}

/** Writes accepted messages. */
export function createAcceptor(broker: Broker, shards: number, options: StoreOptions): Acceptor {
  return {
    store: async (envelope, content, signal) =>
      storeAt(broker, mailPlace(shardOf(envelope.id, shards)), envelope, content, { ...options, signal }),
  }
}

/** Writes a message's content, its envelope, and the additional record headers in `more`. Its size is checked before the first part is
 * written. Rejects as `Acceptor.store` does. */
export async function storeAt(
  broker: Broker,
  place: Place,
  envelope: Envelope,
  content: Buffer,
  { waitMs, withdraw, signal, unnamed }: StoreOptions,
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
    await storeParts(broker, place.partSubject, id, content.subarray(plan.first), { plan, parts, waitMs, signal })
    const { fields, payload } = recordOf(envelope, json, content.subarray(0, plan.first), plan, parts)
    sent.recordAt = performance.now()
    const ack = await publishLasting(broker, place.recordSubject, payload, {
      headers: headersOf([...fields, ...Object.entries(more)]),
      msgID: id,
      timeout: waitMs,
      awayMs: AWAY_MS,
      signal,
      onRepeat: () => {
        sent.repeated = true
      },
    })
    const ref = { stream: place.stream, seq: ack.seq, parts }
    // An earlier try of the caller stored it, perhaps with other parts.
    if (!ack.duplicate || withdraw !== undefined) return ref
    const stored = { ...ref, parts: await partsOf(broker, ref) }
    const inVain = parts.filter((part) => !stored.parts.includes(part))
    if (inVain.length > 0) unnamed?.(id, place.stream, inVain)
    return stored
  } catch (cause) {
    const end = await giveUp(broker, place, id, { sent, cause, withdrawal: withdraw })
    if ('storedAt' in end) return { stream: place.stream, seq: end.storedAt, parts }
    throw writeFailure(cause) === 'refused'
      ? new RecordRefusedError(end.left, { cause })
      : new NotStoredError(Math.round(performance.now() - started), { cause, left: end.left })
  }
}

/** The parts that a stored record names. Throws BadRecordError when it is not the record of a message. */
async function partsOf(broker: Broker, { stream, seq }: ContentRef): Promise<number[]> {
  const record = await readRecord(broker, stream, seq)
  return record === undefined ? [] : decodeRecord(record.headers, record.data).parts
}

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
  {
    plan,
    parts,
    waitMs,
    signal,
  }: { plan: RecordPlan; parts: number[]; waitMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  for (let at = 0; at < content.length; at += plan.partBytes) {
    const part = content.subarray(at, at + plan.partBytes)
    const ack = await publishLasting(broker, subject, part, {
      // The hash is needed because a notice that is built again under the same id has different content.
      msgID: `${id}/${parts.length}/${hash('sha256', part).slice(0, 16)}`,
      timeout: waitMs,
      awayMs: AWAY_MS,
      signal,
    })
    parts.push(ack.seq)
  }
}
