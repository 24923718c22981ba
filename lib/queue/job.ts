import { readStored, shapeOf } from '@postrider/broker/stored'
import type { Envelope } from '@postrider/mail/envelope'
import { z } from 'zod'
import { contentRefShape } from './content-ref.ts'
import type { ContentRef } from './content-ref.ts'
import { envelopeShape } from './envelope-shape.ts'

/** One attempt to be made: a message, or the part of it that goes to one destination. */
export interface Job {
  /** The recipients are this job's alone. */
  envelope: Envelope
  /** 0 for a message with one destination, else 1.. in the order of the split. */
  part: number
  /** Attempts made before this one, each transaction of a series included. */
  attempt: number
  /** How many of them have no part in the delays between attempts: transactions that went on at once. */
  uncounted?: number
  destination: string
  content: ContentRef
  /** What the attempt before was answered, for people. */
  lastReply?: string
  /** An operator took it out: to be written down, not attempted. */
  cancelled?: boolean
  /** Waited for its release already (RFC 4865). */
  held?: boolean
  /** An operator wants it attempted now, whatever is known about its destination. */
  urgent?: boolean
  /** A second copy of a job that may already be in the queue: the attempt may have been settled. */
  again?: boolean
  /** With `again`: when that may have happened at the earliest, by the broker's clock. Milliseconds since the epoch. */
  since?: number
}

/** Names an attempt: whatever happens to it happens once. */
export const attemptKey = (job: Pick<Job, 'envelope' | 'part' | 'attempt'>): string =>
  `${job.envelope.id}/${job.part}/${job.attempt}`

const whole = z.number().int().nonnegative()

const jobShape = shapeOf<Job>(
  z.looseObject({
    envelope: envelopeShape,
    part: whole,
    attempt: whole,
    destination: z.string(),
    content: contentRefShape,
    lastReply: z.string().optional(),
    cancelled: z.boolean().optional(),
    held: z.boolean().optional(),
    again: z.boolean().optional(),
    uncounted: whole.optional(),
    since: z.number().optional(),
  }),
)

/** The last reply is for people, and a few lines are enough: the records of an earlier release may hold megabytes. Characters. */
const MAX_LAST_REPLY = 512

export function encodeJob(job: Job): string {
  const { lastReply } = job
  return JSON.stringify(lastReply === undefined ? job : { ...job, lastReply: lastReply.slice(0, MAX_LAST_REPLY) })
}

/** Throws BadRecordError and NewerRecordError. */
export const decodeJob = (data: Uint8Array): Job => readStored('a job', Buffer.from(data).toString(), jobShape)
