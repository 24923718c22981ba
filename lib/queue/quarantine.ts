import { createHash } from 'node:crypto'
import type { MsgHdrs } from '@nats-io/transport-node'
import { z } from 'zod'
import { maxPayloadOf } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { quarantineSubject } from '@postrider/broker/names'
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

/**
 * Puts a record into the quarantine, once, however often it is passed. Resolves when it is stored; rejects when the broker did not confirm
 * that, for example because the quarantine is full. The original may be acknowledged only after it resolved.
 *
 * A value of a bucket is not copied: it may contain the hash of a secret.
 */
export async function quarantine(broker: Broker, suspect: Suspect, now = Date.now()): Promise<void> {
  const { kind, origin, deliveries, id, dueAt, data, headers } = suspect
  const note: QuarantineNote = {
    kind,
    reason: reasonOf(suspect.error),
    at: now,
    ...(origin === undefined ? {} : { origin }),
    ...(deliveries === undefined ? {} : { deliveries }),
    ...(id === undefined ? {} : { id }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(headers === undefined ? {} : { headers: textOf(headers) }),
    bytes: data.length,
  }
  const subject =
    origin === undefined || suspect.name !== undefined
      ? quarantineSubject(kind, hash(suspect.name ?? Buffer.from(data).toString()))
      : quarantineSubject(origin.stream, String(origin.seq))
  try {
    await publishLasting(broker, subject, copyOf(kind, data, maxPayloadOf(broker)), {
      headers: headersOf([[NOTE, JSON.stringify(note)]]),
      // Not the record's own name: a record that was dropped from the quarantine and fails again soon must be stored again.
      msgID: crypto.randomUUID(),
      expect: { lastSubjectSequence: 0 },
      timeout: WAIT_MS,
    })
  } catch (error) {
    if (writeFailure(error) !== 'conflict') throw error
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

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)
