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

/** What lies in the quarantine. `message`, `held`, `job`, `events` and `value` could not be read where they lay; `entry` is a message that
 * the message log could not take in; `deferral`, `event` and `notice` could not be written. */
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
  /** When it was put here, milliseconds since the epoch. */
  at: number
  /** Where it lay; a `message`, `held`, `events` or `value` lies there still. */
  origin?: { stream: string; seq: number }
  /** How often the broker gave it out. */
  deliveries?: number
  /** Queue id of the message that it is about, where that can be read. */
  id?: string
  /** A deferral: when it was to be attempted, milliseconds since the epoch. */
  dueAt?: number
  /** Headers of the record, as they were. */
  headers?: string
  /** Octets of the whole record; more than is here when it was cut. */
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
/** What is kept of a record that lies on where it was: enough to see what it is. Octets. */
const MAX_COPY_BYTES = 64 * 1024
const WAIT_MS = 5000

/** A record to be put into the quarantine. */
export interface Suspect extends Pick<QuarantineNote, 'kind' | 'origin' | 'deliveries' | 'id' | 'dueAt'> {
  error: unknown
  data: Uint8Array
  headers?: MsgHdrs | undefined
  /** Names a record that has no origin, or that lies there for another reason than others of its origin. */
  name?: string
}

/**
 * Puts a record into the quarantine, once, however often it is seen. Resolves when it is there; rejects when the broker did not confirm
 * it, as when the quarantine is full. Only then may the record be left behind.
 *
 * A value of a bucket is not copied: it may hold a secret's hash.
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
      // Not the record's own name: what was dropped a moment ago and is seen again is to be here again.
      msgID: crypto.randomUUID(),
      expect: { lastSubjectSequence: 0 },
      timeout: WAIT_MS,
    })
  } catch (error) {
    if (writeFailure(error) !== 'conflict') throw error
  }
}

/** Puts a record into the quarantine, however long that takes. Throws the broker's refusal when it takes the record not even there: the
 * record must then stay where it is. */
export async function quarantinePatiently(broker: Broker, suspect: Suspect): Promise<void> {
  const written = await writePatiently(broker, () => quarantine(broker, suspect))
  if ('refused' in written) throw written.refused
}

/** Throws BadRecordError and NewerRecordError. */
export const decodeNote = (headers: MsgHdrs | undefined): QuarantineNote =>
  readStored('a note of the quarantine', headers?.get(NOTE) ?? '', noteShape)

/** A job and what could not be written have no other place: they are kept whole where the broker takes that. */
function copyOf(kind: QuarantineKind, data: Uint8Array, maxPayload: number): Uint8Array {
  if (kind === 'value') return new Uint8Array()
  const lies = kind === 'message' || kind === 'held' || kind === 'events' || kind === 'entry'
  return data.subarray(0, lies ? MAX_COPY_BYTES : maxPayload - 2 * MAX_HEADERS)
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
