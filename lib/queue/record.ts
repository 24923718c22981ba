import { headers } from '@nats-io/transport-node'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Envelope } from '@postrider/mail/envelope'
import { envelopeShape } from './envelope-shape.ts'
import { BadRecordError, NewerRecordError, readStored } from '@postrider/broker/stored'

/** A record of a MAIL stream or of HELD without its content. */
export interface RecordHead {
  envelope: Envelope
  parts: number[]
}

const ENVELOPE = 'Postrider-Envelope'
const PARTS = 'Postrider-Parts'
/** Absent means 1: the envelope is a header. */
const VERSION = 'Postrider-Version'
const IN_PAYLOAD = '2'
/** Version 2: the length of the envelope at the start of the payload, in octets. */
const ENVELOPE_BYTES = 'Postrider-Envelope-Bytes'

/** Headers of a record whose envelope is a header. */
export function headerFields(envelopeJson: string, parts: number[] = []): [name: string, value: string][] {
  return [[ENVELOPE, envelopeJson], ...partsField(parts)]
}

/**
 * Headers of a record whose envelope is at the start of its payload.
 *
 * They include the envelope header of version 1, for releases that know no other version, but with recipients that are not a list. Such a
 * release's delivery cannot read the record and returns it to the broker each minute. Its message log treats the record as a message
 * without recipients and sender, and does nothing (docs/adr: record versions).
 */
export function payloadFields(
  envelope: Envelope,
  bytes: number,
  parts: number[] = [],
): [name: string, value: string][] {
  const { id, domain, acceptedAt, size, messageId } = envelope
  const unreadable = {
    id,
    from: '',
    recipients: '',
    domain,
    credential: '',
    acceptedAt,
    size,
    messageId,
    releaseAt: FAR,
  }
  return [
    [VERSION, IN_PAYLOAD],
    [ENVELOPE_BYTES, String(bytes)],
    [ENVELOPE, JSON.stringify(unreadable)],
    ...partsField(parts),
  ]
}

/** The latest time that a Date can represent. */
const FAR = 8.64e15

const partsField = (parts: number[]): [string, string][] => (parts.length === 0 ? [] : [[PARTS, parts.join(',')]])

/** The time since which a message may have been stored, and attempted, before: milliseconds since the epoch. */
const AGAIN = 'Postrider-Again'

/** Headers of a record that may be a second one of the same message. Earlier releases ignore them. */
export const againFields = (since: number): Record<string, string> => ({ [AGAIN]: String(since) })

/** Undefined for a record that is the only one of its message. */
export function againSince(fields: MsgHdrs | undefined): number | undefined {
  const since = fields?.get(AGAIN) ?? ''
  return /^\d{1,16}$/.test(since) ? Number(since) : undefined
}

export function headersOf(fields: Iterable<[name: string, value: string]>): MsgHdrs {
  const encoded = headers()
  for (const [name, value] of fields) encoded.set(name, value)
  return encoded
}

/** Octets of the envelope in a record's payload; 0 when the envelope is a header. Throws BadRecordError and NewerRecordError. */
export function envelopeBytes(fields: MsgHdrs | undefined): number {
  const version = fields?.get(VERSION) ?? ''
  if (version === '' || version === '1') return 0
  if (/^\d{1,9}$/.test(version) && Number(version) > Number(IN_PAYLOAD))
    throw new NewerRecordError('a mail record', version)
  const bytes = Number(fields?.get(ENVELOPE_BYTES))
  if (version !== IN_PAYLOAD || !Number.isSafeInteger(bytes) || bytes < 1)
    throw new BadRecordError('a mail record does not say where its envelope is')
  return bytes
}

/** Decodes the record of a message. `data` is its payload, which is needed when the envelope is in it. Throws BadRecordError and
 * NewerRecordError. */
export function decodeRecord(fields: MsgHdrs | undefined, data: Uint8Array): RecordHead {
  const bytes = envelopeBytes(fields)
  if (bytes > data.length) throw new BadRecordError('a mail record ends before its envelope does')
  const text = bytes === 0 ? (fields?.get(ENVELOPE) ?? '') : Buffer.from(data.subarray(0, bytes)).toString()
  if (text === '') throw new BadRecordError('a mail record without an envelope')
  return { envelope: readStored('an envelope', text, envelopeShape), parts: partsOf(fields) }
}

/** The content in a record's payload. */
export function contentIn(fields: MsgHdrs | undefined, data: Uint8Array): Uint8Array {
  return data.subarray(envelopeBytes(fields))
}

/** The sequence numbers of a record's parts, which can be known although its envelope cannot be read. Throws BadRecordError. */
export function partsOf(fields: MsgHdrs | undefined): number[] {
  const text = fields?.get(PARTS) ?? ''
  const parts = text === '' ? [] : text.split(',').map(Number)
  if (!parts.every((seq) => Number.isSafeInteger(seq) && seq > 0))
    throw new BadRecordError('a mail record names parts that are not sequence numbers')
  return parts
}
