import { headers } from '@nats-io/transport-node'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Envelope } from '@postrider/mail/envelope'

/** Where the content of a message lies: a record's sequence in a MAIL stream, and its parts in the same stream. */
export interface ContentRef {
  stream: string
  seq: number
  parts: number[]
}

/** One attempt to be made: a message, or the part of it that goes to one destination. */
export interface Job {
  /** The recipients are this job's alone. */
  envelope: Envelope
  /** 0 for a message with one destination, else 1.. in the order of the split. */
  part: number
  /** Attempts made before this one. */
  attempt: number
  destination: string
  content: ContentRef
  /** What the attempt before was answered, for people. */
  lastReply?: string
  /** An operator took it out: to be written down, not attempted. */
  cancelled?: boolean
  /** Waited for its release already (RFC 4865). */
  held?: boolean
  /** Comes from a split that was perhaps made before: the attempt may have been settled already. */
  again?: boolean
}

/** Names an attempt: whatever happens to it happens once. */
export const attemptKey = (job: Pick<Job, 'envelope' | 'part' | 'attempt'>): string =>
  `${job.envelope.id}/${job.part}/${job.attempt}`

/** A stored record that this version cannot read; it is left where it is. */
export class BadRecord extends Error {
  override readonly name = 'BadRecord'
}

const ENVELOPE = 'Postrider-Envelope'
const PARTS = 'Postrider-Parts'

export function encodeEnvelope(envelope: Envelope, parts: number[]): MsgHdrs {
  const fields = headers()
  fields.set(ENVELOPE, JSON.stringify(envelope))
  if (parts.length > 0) fields.set(PARTS, parts.join(','))
  return fields
}

/** Reads a MAIL record's headers; throws BadRecord. */
export function decodeEnvelope(fields: MsgHdrs | undefined): { envelope: Envelope; parts: number[] } {
  const text = fields?.get(ENVELOPE)
  if (!text) throw new BadRecord('a mail record without an envelope')
  const parts = fields?.get(PARTS) ?? ''
  return { envelope: parse(text) as Envelope, parts: parts === '' ? [] : parts.split(',').map(Number) }
}

export const encodeJob = (job: Job): string => JSON.stringify(job)
export const decodeJob = (data: Uint8Array): Job => parse(Buffer.from(data).toString()) as Job

// Only the platform's own accounts may write these streams, so the shape is trusted once it is JSON.
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadRecord('a record is not JSON', { cause })
  }
}
