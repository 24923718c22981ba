import { readStored, shapeOf } from '@postrider/broker/stored'
import type { Envelope } from '@postrider/mail/envelope'
import { z } from 'zod'
import { contentRefShape } from './content-ref.ts'
import type { ContentRef } from './content-ref.ts'
import { envelopeShape } from './envelope-shape.ts'

/** The work of delivering a message, or the part of it that goes to one destination: the next attempt, and what is known from earlier
 * ones. */
export interface Job {
  /** The envelope with the recipients of this job only. */
  envelope: Envelope
  /** 0 for a message with one destination; otherwise 1, 2, ... in the order of the split. */
  part: number
  /** Number of attempts made before this one, where each transaction of a series counts. */
  attempt: number
  /** How many of them do not count for the retry schedule: transactions that were followed immediately by the next one. */
  uncounted?: number
  destination: string
  content: ContentRef
  /** The reply to the previous attempt, for people. */
  lastReply?: string
  /** An administrator cancelled it: the worker records that and makes no attempt. */
  cancelled?: boolean
  /** Its release time (RFC 4865) has already passed. */
  held?: boolean
  /** An administrator requested an attempt now, whatever is known about its destination. */
  urgent?: boolean
  /** May be a second copy of a job that is already in the queue: the attempt may have been settled. */
  again?: boolean
  /** With `again`: the earliest time at which the attempt may have been settled, by the broker's clock. Milliseconds since the epoch. */
  since?: number
}

/** The key of an attempt, by which its outcome is recorded only once. */
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

/** The last reply is for people, and a few lines are enough; records of an earlier release may have replies of megabytes. Characters. */
const MAX_LAST_REPLY = 512

export function encodeJob(job: Job): string {
  const { lastReply } = job
  return JSON.stringify(lastReply === undefined ? job : { ...job, lastReply: lastReply.slice(0, MAX_LAST_REPLY) })
}

/** Throws BadRecordError and NewerRecordError. */
export const decodeJob = (data: Uint8Array): Job => readStored('a job', Buffer.from(data).toString(), jobShape)
