import { LOG_DECIDE, LOG_HELD } from '@postrider/broker/names'
import { question } from '@postrider/broker/question'
import { shapeOf } from '@postrider/broker/stored'
import type { Envelope } from '@postrider/mail/envelope'
import type { ContentRef } from '@postrider/queue/content-ref'
import type { ReviewEvent } from '@postrider/queue/event'
import type { HeldFor } from '@postrider/queue/held'
import { z } from 'zod'

/** A message that was held for review. Times are milliseconds since the epoch. */
export interface HeldMessage {
  envelope: Envelope
  why: HeldFor
  /** null when the content is erased, or when only an event about the message is known. */
  content: ContentRef | null
  state: 'held' | ReviewEvent['decision']
  decidedAt: number | null
}

export interface HeldFilter {
  /** The domain that sends. */
  domain?: string | undefined
  limit?: number | undefined
}

export interface HeldAnswer {
  /** The oldest first. */
  messages: HeldMessage[]
  count: number
}

export interface DecideRequest {
  id: string
  decision: 'release' | 'delete'
}

/** The result of a decision. */
export type Decided =
  | { done: ReviewEvent['decision'] }
  /** It was already decided. */
  | { already: ReviewEvent['decision'] }
  | { unknown: true }
  | { failed: string }

/** Lists messages that wait for a decision. */
export const HELD_MESSAGES = question<HeldFilter, HeldAnswer>(
  LOG_HELD,
  z.object({ domain: z.string().optional(), limit: z.number().int().positive().optional() }),
  shapeOf<HeldAnswer>(z.looseObject({ messages: z.array(z.looseObject({})), count: z.number() })),
)

/** Releases or deletes one message. */
export const DECIDE = question<DecideRequest, Decided>(
  LOG_DECIDE,
  z.object({ id: z.string(), decision: z.enum(['release', 'delete']) }),
  shapeOf<Decided>(z.looseObject({})),
)
