import { shapeOf } from '@postrider/broker/stored'
import { z } from 'zod'
import { contentRefShape } from './content-ref.ts'
import { envelopeShape } from './envelope-shape.ts'
import type { QueueEvent } from './event.ts'

const whole = z.number().int().nonnegative()
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
  shapeOf<QueueEvent>(
    typeof type === 'string' && Object.hasOwn(EVENT_SHAPES, type)
      ? EVENT_SHAPES[type as QueueEvent['type']]
      : otherEvent,
  )
