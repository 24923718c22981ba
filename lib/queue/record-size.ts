/** The largest header block that JetStream stores, in octets (nats-server, stream.go: `len(hdr) > math.MaxUint16`). */
export const MAX_HEADER_BYTES = 65_535
/** An envelope up to this size is a header of its record; a larger one is at the start of the payload. Leaves half of the header block
 * free for other headers, including those that later releases add. Octets. */
export const MAX_ENVELOPE_HEADER_BYTES = 32 * 1024
/** A record has at most this much envelope and content; the rest of the content is stored before it, in parts. Bounds the memory that a
 * delivery worker needs for its jobs in flight, except for larger envelopes. Octets. */
export const MAX_RECORD_BYTES = 256 * 1024
export const MAX_PART_BYTES = 512 * 1024
/** Kept free below the broker's payload limit: for the headers of a part, and for what an event adds to the envelope that it carries.
 * Octets. */
const RESERVE_BYTES = 4 * 1024
/** The longest sequence number, and a comma. */
const SEQUENCE_CHARACTERS = 21

/** The envelope or content is larger than the broker can store in any layout. The client gets 552 5.3.4. */
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
  /** The envelope is at the start of the record's payload, and not a header. */
  envelopeInPayload: boolean
  /** Octets of content in the record itself. */
  first: number
  /** Octets of content in each part except the last. */
  partBytes: number
  parts: number
}

export interface RecordSizes {
  /** The envelope as JSON. Octets. */
  envelope: number
  content: number
  /** All headers but the envelope and the list of parts, encoded. Octets. */
  otherHeaders: number
  /** The largest NATS message that the broker accepts, headers included, as announced in its greeting. Octets. */
  maxPayload: number
}

/** Plans the layout of a message before anything is written. Throws RecordTooLargeError for a message that fits in no layout. Pure. */
export function planRecord({ envelope, content, otherHeaders, maxPayload }: RecordSizes): RecordPlan {
  const envelopeInPayload = envelope > MAX_ENVELOPE_HEADER_BYTES
  const room = maxPayload - RESERVE_BYTES
  if (envelope > maxEnvelopeBytes(maxPayload)) {
    throw new RecordTooLargeError('envelope', envelope, maxEnvelopeBytes(maxPayload))
  }
  const partBytes = Math.min(MAX_PART_BYTES, room)
  // Assumes the longest list of parts: no content in the record itself.
  const headers = otherHeaders + Math.ceil(content / partBytes) * SEQUENCE_CHARACTERS
  if ((envelopeInPayload ? 0 : envelope) + headers > MAX_HEADER_BYTES) {
    throw new RecordTooLargeError('content', content, maxContentBytes(envelope, otherHeaders, partBytes))
  }
  const inPayload = envelopeInPayload ? envelope : 0
  const first = Math.max(0, Math.min(content, MAX_RECORD_BYTES - inPayload, room - envelope - headers))
  return { envelopeInPayload, first, partBytes, parts: Math.ceil((content - first) / partBytes) }
}

/** The largest envelope that can be stored: as the payload of a record whose content is all in parts. An event that carries the envelope
 * must fit too. Octets. */
export const maxEnvelopeBytes = (maxPayload: number): number =>
  Math.max(0, maxPayload - MAX_HEADER_BYTES - RESERVE_BYTES)

function maxContentBytes(envelope: number, otherHeaders: number, partBytes: number): number {
  const header = envelope > MAX_ENVELOPE_HEADER_BYTES ? 0 : envelope
  return Math.floor((MAX_HEADER_BYTES - header - otherHeaders) / SEQUENCE_CHARACTERS) * partBytes
}

/** Octets of headers in the encoding of the NATS protocol (ADR-4 of NATS): a first line, `name: value` lines, an empty line. */
export function headerBytes(fields: Iterable<[name: string, value: string]>): number {
  let bytes = 'NATS/1.0\r\n\r\n'.length
  for (const [name, value] of fields) bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + ': \r\n'.length
  return bytes
}
