import { z } from 'zod'
import type { Envelope } from '@postrider/mail/envelope'
import type { QueueEvent } from './event.ts'
import type { ContentRef, Job } from './record.ts'

/** What is read from the broker is checked for what the code relies on: the platform's own accounts write it, but a release with a
 * fault, a later release or a person with a NATS client may have done so too. Fields that earlier releases did not write
 * are optional. */

/** A queue id becomes a token of subjects, so it must not contain what means something there. */
const queueId = z.string().regex(/^[\w-]{1,100}$/, 'is not a queue id')
const whole = z.number().int().nonnegative()

const recipient = z.looseObject({
  address: z.string().min(1),
  notify: z.union([z.literal('NEVER'), z.array(z.enum(['SUCCESS', 'FAILURE', 'DELAY']))]).optional(),
  orcpt: z.string().optional(),
})

export const envelopeShape: z.ZodType<Envelope> = cast(
  z.looseObject({
    id: queueId,
    from: z.string(),
    recipients: z.array(recipient).min(1),
    domain: z.string(),
    credential: z.string(),
    acceptedAt: z.number(),
    releaseAt: z.number().optional(),
    heldAt: z.number().optional(),
    size: z.number(),
    messageId: z.string(),
    notice: z.looseObject({ of: z.string(), kind: z.string() }).optional(),
  }),
)

export const contentRefShape: z.ZodType<ContentRef> = cast(
  z.looseObject({ stream: z.string().min(1), seq: whole, parts: z.array(whole) }),
)

export const jobShape: z.ZodType<Job> = cast(
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

const anyEvent = { at: z.number(), id: z.string() }
const outcome = z.looseObject({
  address: z.string().min(1),
  state: z.enum(['delivered', 'deferred', 'failed']),
  reply: z.string(),
  ours: z.boolean().optional(),
  status: z.string(),
  category: z.string(),
  stage: z.string(),
})
const remote = z.looseObject({ host: z.string(), address: z.string(), tls: z.string().nullable(), dsn: z.boolean() })
const EVENT_SHAPES = {
  attempt: z.looseObject({
    ...anyEvent,
    type: z.literal('attempt'),
    part: whole,
    attempt: whole,
    destination: z.string(),
    content: contentRefShape,
    outcomes: z.array(outcome),
    remote: remote.optional(),
    nextAt: z.number().optional(),
    uncounted: z.boolean().optional(),
  }),
  cancel: z.looseObject({
    ...anyEvent,
    type: z.literal('cancel'),
    part: whole,
    destination: z.string(),
    content: contentRefShape,
    recipients: z.array(z.string()),
  }),
  erase: z.looseObject({ ...anyEvent, type: z.literal('erase'), envelope: envelopeShape }),
  verdict: z.looseObject({
    ...anyEvent,
    type: z.literal('verdict'),
    domain: z.string(),
    credential: z.string(),
    outcome: z.string(),
    action: z.string(),
    reason: z.string(),
  }),
  review: z.looseObject({
    ...anyEvent,
    type: z.literal('review'),
    decision: z.enum(['released', 'deleted', 'expired']),
    envelope: envelopeShape,
    why: z.looseObject({ scanner: z.string(), reason: z.string() }),
  }),
  discard: z.looseObject({ ...anyEvent, type: z.literal('discard'), stream: z.string().min(1), parts: z.array(whole) }),
} satisfies Record<QueueEvent['type'], z.ZodType>

/** An event of a type that a later release added passes: readers ignore it. */
const otherEvent = z.looseObject({ ...anyEvent, type: z.string() })

export const eventShape = (type: unknown): z.ZodType<QueueEvent> =>
  cast(
    typeof type === 'string' && Object.hasOwn(EVENT_SHAPES, type)
      ? EVENT_SHAPES[type as QueueEvent['type']]
      : otherEvent,
  )

/** The types of what is stored say more than the shapes check: which words a category may be, for instance. */
function cast<T>(shape: z.ZodType): z.ZodType<T> {
  return shape as z.ZodType<T>
}
