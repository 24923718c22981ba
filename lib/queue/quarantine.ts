import { createHash } from 'node:crypto'
import type { MsgHdrs } from '@nats-io/transport-node'
import { z } from 'zod'
import { maxPayloadOf } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { QUARANTINE, quarantineSubject } from '@postrider/broker/names'
import { writePatiently } from '@postrider/broker/write-patiently'
import { publishLasting } from '@postrider/broker/publish'
import { headersOf } from './record.ts'
import { writeFailure } from '@postrider/broker/write-failure'
import { readStored } from '@postrider/broker/stored'

/** Kinds of records in the quarantine. `message`, `held`, `job`, `events` and `value` could not be read from their stream or bucket;
 * `entry` is a message that the message log could not store; `deferral`, `event` and `notice` could not be written. */
export const QUARANTINE_KINDS = [
  'message',
  'held',
  'job',
  'events',
  'value',
  'entry',
  'deferral',
  'event',
  'notice',
] as const
export type QuarantineKind = (typeof QUARANTINE_KINDS)[number]

/** What is known of a record in the quarantine, beside the record itself. */
export interface QuarantineNote {
  kind: QuarantineKind
  /** Why it could not be read, or was refused. */
  reason: string
  /** When it was quarantined, milliseconds since the epoch. */
  at: number
  /** Where it was stored. A `message`, `held`, `events` or `value` record is still stored there. */
  origin?: { stream: string; seq: number }
  /** How often the broker had delivered it. */
  deliveries?: number
  /** Queue id of the message it belongs to, if it can be read. */
  id?: string
  /** Of a deferral: when the attempt was due, milliseconds since the epoch. */
  dueAt?: number
  /** The record's headers, as text. */
  headers?: string
  /** Octets of the whole record; more than the copy has when the copy was cut. */
  bytes: number
}

const noteShape: z.ZodType<QuarantineNote> = z.looseObject({
  kind: z.enum(QUARANTINE_KINDS),
  reason: z.string(),
  at: z.number(),
  origin: z.looseObject({ stream: z.string(), seq: z.number() }).optional(),
  deliveries: z.number().optional(),
  id: z.string().optional(),
  dueAt: z.number().optional(),
  headers: z.string().optional(),
  bytes: z.number(),
})

const NOTE = 'Postrider-Quarantine'
/** Identifies the content of a record that has an origin. */
const DIGEST = 'Postrider-Digest'
const MAX_REASON = 500
const MAX_HEADERS = 16 * 1024
/** How much is copied of a record that also stays in its stream: enough to recognize it. Octets. */
const MAX_COPY_BYTES = 64 * 1024
const WAIT_MS = 5000

/** A record to be put into the quarantine. */
export interface Suspect extends Pick<QuarantineNote, 'kind' | 'origin' | 'deliveries' | 'id' | 'dueAt'> {
  error: unknown
  data: Uint8Array
  headers?: MsgHdrs | undefined
  /** Identifies a record that has no origin, or that is quarantined for another reason than other records of its origin. */
  name?: string
}

/** The broker refused the record because its subject is taken, but there is no record on that subject: an earlier write of the same record
 * is not committed, and is lost if the leader of the stream is. */
export class NotQuarantinedError extends Error {
  override readonly name = 'NotQuarantinedError'
}

/**
 * Puts a record into the quarantine, once, however often it is passed. Resolves when it is stored; rejects when the broker did not confirm
 * that, for example because the quarantine is full. The original may be acknowledged only after it resolved.
 *
 * A value of a bucket is not copied: it may contain the hash of a secret.
 */
export async function quarantine(broker: Broker, suspect: Suspect, now = Date.now()): Promise<void> {
  const { kind, origin, data } = suspect
  const digest = digestOf(suspect)
  const fields: [string, string][] = [[NOTE, JSON.stringify(noteOf(suspect, now))]]
  if (digest !== undefined) fields.push([DIGEST, digest])
  const copy = copyOf(kind, data, maxPayloadOf(broker))
  const subject =
    origin === undefined || suspect.name !== undefined
      ? quarantineSubject(kind, hash(suspect.name ?? data))
      : quarantineSubject(origin.stream, String(origin.seq))
  const there = await put(broker, subject, copy, fields)
  if (there === undefined || digest === undefined || there.get(DIGEST) === digest) return
  // The stream was made again, and its sequence numbers began again: an older record has this one's name.
  await put(broker, quarantineSubject(kind, digest), copy, fields)
}

/** Stores a record on a subject that has none. Returns the headers of the record that is already there; undefined when there was none.
 * Any replica may be asked for it: one that lags can only answer that there is none. */
async function put(
  broker: Broker,
  subject: string,
  copy: Uint8Array,
  fields: [string, string][],
): Promise<MsgHdrs | undefined> {
  try {
    await publishLasting(broker, subject, copy, {
      headers: headersOf(fields),
      // Not the record's own name: a record that was dropped from the quarantine and fails again soon must be stored again.
      msgID: crypto.randomUUID(),
      expect: { lastSubjectSequence: 0 },
      timeout: WAIT_MS,
    })
    return undefined
  } catch (error) {
    if (writeFailure(error) !== 'conflict') throw error
    const there = await broker.impatient.direct.getMessage(QUARANTINE, { last_by_subj: subject })
    if (there === null) throw new NotQuarantinedError(`${subject} is taken, and has no record`, { cause: error })
    return there.header
  }
}

/** Puts a record into the quarantine, however long that takes. Throws the broker's error when the broker refuses it there as well: the
 * original record must then stay where it is. */
export async function quarantinePatiently(broker: Broker, suspect: Suspect): Promise<void> {
  const written = await writePatiently(broker, () => quarantine(broker, suspect))
  if ('refused' in written) throw written.refused
}

/** Throws BadRecordError and NewerRecordError. */
export const decodeNote = (headers: MsgHdrs | undefined): QuarantineNote =>
  readStored('a note of the quarantine', headers?.get(NOTE) ?? '', noteShape)

function noteOf({ kind, origin, deliveries, id, dueAt, data, headers, error }: Suspect, now: number): QuarantineNote {
  return {
    kind,
    reason: reasonOf(error),
    at: now,
    ...(origin === undefined ? {} : { origin }),
    ...(deliveries === undefined ? {} : { deliveries }),
    ...(id === undefined ? {} : { id }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(headers === undefined ? {} : { headers: textOf(headers) }),
    bytes: data.length,
  }
}

/** Distinguishes a record from another one that had the same place before the stream was made again. Undefined for a record without a
 * place, and for a value of a bucket, which is not acknowledged and so cannot be lost. */
function digestOf({ kind, origin, data, headers }: Suspect): string | undefined {
  if (origin === undefined || kind === 'value') return undefined
  // A direct read adds headers of the broker.
  const own = headers === undefined ? [] : [...headers].filter(([name]) => !name.startsWith('Nats-'))
  return hash(JSON.stringify([origin.stream, origin.seq, own]), data)
}

/** What is stored of the record. Jobs and records that could not be written exist nowhere else, so they are kept whole as far as the
 * broker's payload limit allows. */
function copyOf(kind: QuarantineKind, data: Uint8Array, maxPayload: number): Uint8Array {
  if (kind === 'value') return new Uint8Array()
  const existsElsewhere = kind === 'message' || kind === 'held' || kind === 'events' || kind === 'entry'
  return data.subarray(0, existsElsewhere ? MAX_COPY_BYTES : maxPayload - 2 * MAX_HEADERS)
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
  return (text + cause).slice(0, MAX_REASON)
}

function textOf(headers: MsgHdrs): string {
  const lines = [...headers].flatMap(([name, values]) => values.map((value) => `${name}: ${value}`))
  return lines.join('\n').slice(0, MAX_HEADERS)
}

function hash(...pieces: (string | Uint8Array)[]): string {
  const sum = createHash('sha256')
  for (const piece of pieces) sum.update(piece)
  return sum.digest('hex').slice(0, 32)
}
