/** What JetStream stores of headers at most, in octets (nats-server, stream.go: `len(hdr) > math.MaxUint16`). */
export const MAX_HEADER_BYTES = 65_535
/** An envelope up to this size is a header of its record; a larger one is the first part of the payload. Leaves half of the header
 * for what else is there, and most of it for what later releases add. Octets. */
export const MAX_ENVELOPE_HEADER_BYTES = 32 * 1024
/** A record holds this much of envelope and content; more content goes before it, in parts. Bounds what a delivery worker
 * holds in memory for the jobs it has taken, but for envelopes that are larger. Octets. */
export const MAX_RECORD_BYTES = 256 * 1024
export const MAX_PART_BYTES = 512 * 1024
/** Kept free in the broker's largest payload: the headers of a part, and what an event adds to the envelope that it carries. Octets. */
const RESERVE_BYTES = 4 * 1024
/** A sequence number of a stream, and a comma. */
const SEQUENCE_CHARACTERS = 21

/** The record is larger than the broker stores, whatever is tried. The client gets 552 5.3.4. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError'
  readonly what: 'envelope' | 'content'
  readonly bytes: number
  readonly maxBytes: number
  constructor(what: 'envelope' | 'content', bytes: number, maxBytes: number) {
    super(`the ${what} of the message has ${bytes} octets, but the broker stores at most ${maxBytes}`)
    this.what = what
    this.bytes = bytes
    this.maxBytes = maxBytes
  }
}

/** How a message is laid out in its stream. */
export interface RecordPlan {
  /** The envelope is the first part of the record's payload, and not a header. */
  envelopeInPayload: boolean
  /** Octets of content in the record itself. */
  first: number
  /** Octets of content in each part, but for the last one. */
  partBytes: number
  parts: number
}

export interface RecordSizes {
  /** The envelope as JSON. Octets. */
  envelope: number
  content: number
  /** All headers but the envelope and the list of parts, encoded. Octets. */
  otherHeaders: number
  /** The largest message that the broker takes, headers included, as it says in its greeting. Octets. */
  maxPayload: number
}

/** Decides what goes where before anything is written. Throws RecordTooLargeError for what never fits. Pure. */
export function planRecord({ envelope, content, otherHeaders, maxPayload }: RecordSizes): RecordPlan {
  const envelopeInPayload = envelope > MAX_ENVELOPE_HEADER_BYTES
  const room = maxPayload - RESERVE_BYTES
  if (envelope > maxEnvelopeBytes(maxPayload)) {
    throw new RecordTooLargeError('envelope', envelope, maxEnvelopeBytes(maxPayload))
  }
  const partBytes = Math.min(MAX_PART_BYTES, room)
  // The list of parts is as long as it can get: without any content in the record itself.
  const headers = otherHeaders + Math.ceil(content / partBytes) * SEQUENCE_CHARACTERS
  if ((envelopeInPayload ? 0 : envelope) + headers > MAX_HEADER_BYTES) {
    throw new RecordTooLargeError('content', content, maxContentBytes(envelope, otherHeaders, partBytes))
  }
  const inPayload = envelopeInPayload ? envelope : 0
  const first = Math.max(0, Math.min(content, MAX_RECORD_BYTES - inPayload, room - envelope - headers))
  return { envelopeInPayload, first, partBytes, parts: Math.ceil((content - first) / partBytes) }
}

/** The largest envelope that a broker stores: as the payload of a record whose content is all in parts. An event that carries the
 * envelope must fit too. Octets. */
export const maxEnvelopeBytes = (maxPayload: number): number =>
  Math.max(0, maxPayload - MAX_HEADER_BYTES - RESERVE_BYTES)

function maxContentBytes(envelope: number, otherHeaders: number, partBytes: number): number {
  const header = envelope > MAX_ENVELOPE_HEADER_BYTES ? 0 : envelope
  return Math.floor((MAX_HEADER_BYTES - header - otherHeaders) / SEQUENCE_CHARACTERS) * partBytes
}

/** Octets of headers as the NATS protocol encodes them (ADR-4 of NATS): a first line, `name: value` lines, an empty line. */
export function headerBytes(fields: Iterable<[name: string, value: string]>): number {
  let bytes = 'NATS/1.0\r\n\r\n'.length
  for (const [name, value] of fields) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + ': \r\n'.length
  return bytes
}
