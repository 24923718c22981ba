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
/** Version 2: so many octets of the payload are the envelope. */
const ENVELOPE_BYTES = 'Postrider-Envelope-Bytes'

/** Headers of a record whose envelope is one of them. */
export function headerFields(envelopeJson: string, parts: number[] = []): [name: string, value: string][] {
  return [[ENVELOPE, envelopeJson], ...partsField(parts)]
}

/**
 * Headers of a record whose envelope is the first part of its payload.
 *
 * The header that version 1 has its envelope in is there too, for releases that know no other version: with recipients that are not a
 * list. Their delivery gives the record back each minute, unread, and their message log takes it for a message without
 * recipients and without a sender, about which it has nothing to do (docs/adr: record versions).
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

/** The last moment that a Date can be. */
const FAR = 8.64e15

const partsField = (parts: number[]): [string, string][] => (parts.length === 0 ? [] : [[PARTS, parts.join(',')]])

export function headersOf(fields: Iterable<[name: string, value: string]>): MsgHdrs {
  const encoded = headers()
  for (const [name, value] of fields) encoded.set(name, value)
  return encoded
}

/** How many octets of a record's payload are its envelope; 0 when that is a header. Throws BadRecordError and NewerRecordError. */
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

/** Reads a record of a message. `data`, its payload, is needed where the envelope is in there. Throws BadRecordError and
 * NewerRecordError. */
export function decodeRecord(fields: MsgHdrs | undefined, data: Uint8Array): RecordHead {
  const bytes = envelopeBytes(fields)
  if (bytes > data.length) throw new BadRecordError('a mail record ends before its envelope does')
  const text = bytes === 0 ? (fields?.get(ENVELOPE) ?? '') : Buffer.from(data.subarray(0, bytes)).toString()
  if (text === '') throw new BadRecordError('a mail record without an envelope')
  return { envelope: readStored('an envelope', text, envelopeShape), parts: decodeParts(fields?.get(PARTS) ?? '') }
}

/** The content in a record's payload. */
export function contentIn(fields: MsgHdrs | undefined, data: Uint8Array): Uint8Array {
  return data.subarray(envelopeBytes(fields))
}

function decodeParts(text: string): number[] {
  const parts = text === '' ? [] : text.split(',').map(Number)
  if (!parts.every((seq) => Number.isSafeInteger(seq) && seq > 0))
    throw new BadRecordError('a mail record names parts that are not sequence numbers')
  return parts
}
