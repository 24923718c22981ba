import { LOG_CANCEL, LOG_QUEUE, LOG_SHOW } from '@postrider/broker/names'
import { question } from '@postrider/broker/question'
import { shapeOf } from '@postrider/broker/stored'
import type { Envelope } from '@postrider/mail/envelope'
import type { AttemptEvent, CancelEvent, RecipientOutcome } from '@postrider/queue/event'
import { z } from 'zod'
import type { HeldMessage } from './review.ts'

/** A recipient as the message log knows it. Times are milliseconds since the epoch. */
export interface LoggedRecipient {
  /** Queue id. */
  id: string
  address: string
  destination: string
  state: 'queued' | 'deferred' | 'delivered' | 'failed' | 'cancelled'
  part: number
  attempts: number
  outcome: RecipientOutcome | null
  remote: AttemptEvent['remote'] | null
  nextAt: number | null
  updatedAt: number
  acceptedAt?: number
  from?: string
}

/** Selects recipients of the queue; every field narrows the selection. */
export interface QueueFilter {
  id?: string | undefined
  /** The domain that sends. */
  domain?: string | undefined
  destination?: string | undefined
  /** Only recipients without an attempt. */
  unattempted?: boolean | undefined
  limit?: number | undefined
}

export interface QueueCount {
  queued: number
  deferred: number
  /** Recipients that are queued, or deferred and due: those that delivery should be working on. */
  due: number
  oldestAcceptedAt: number | null
  /** Since when the recipient that has been due for longest has been due. */
  oldestDueAt: number | null
}

export interface QueueAnswer {
  recipients: LoggedRecipient[]
  count: QueueCount
}

export interface MessageAnswer {
  /** False when only events are known, which can arrive before their message. */
  found: boolean
  envelope?: Envelope
  settledAt?: number | null
  erasedAt?: number | null
  /** Present if the message was held for review. */
  held?: HeldMessage
  recipients: LoggedRecipient[]
  story: (AttemptEvent | CancelEvent)[]
}

/** A job without an attempt so far. */
export interface UnattemptedJob {
  id: string
  destination: string
}

/** How many recipients were cancelled, or why that failed. */
export type CancelAnswer = { cancelled: number } | { problem: string }

const MAX_TEXT = 1000
const text = z.string().max(MAX_TEXT)
/** Maximum number of recipients in one answer, which must fit into one NATS message. A higher limit in a request means this one. */
export const MAX_RECIPIENTS = 10_000

const recipient = shapeOf<LoggedRecipient>(
  z.looseObject({
    id: z.string(),
    address: z.string(),
    destination: z.string(),
    state: z.string(),
    attempts: z.number(),
  }),
)
const count = shapeOf<QueueCount>(z.looseObject({ queued: z.number(), deferred: z.number(), due: z.number() }))

/** Lists recipients of the queue. */
export const QUEUE = question<QueueFilter, QueueAnswer>(
  LOG_QUEUE,
  z.object({
    id: text.optional(),
    domain: text.optional(),
    destination: text.optional(),
    unattempted: z.boolean().optional(),
    limit: z.number().int().positive().optional(),
  }),
  z.looseObject({ recipients: z.array(recipient), count }),
)

/** Returns what is known about one message. */
export const MESSAGE = question<{ id: string }, MessageAnswer>(
  LOG_SHOW,
  z.object({ id: text }),
  shapeOf<MessageAnswer>(
    z.looseObject({ found: z.boolean(), recipients: z.array(recipient), story: z.array(z.looseObject({})) }),
  ),
)

/** Cancels a job without an attempt so far. */
export const CANCEL = question<UnattemptedJob, CancelAnswer>(
  LOG_CANCEL,
  z.object({ id: text, destination: text }),
  z.union([z.object({ cancelled: z.number() }), z.object({ problem: z.string() })]),
)
