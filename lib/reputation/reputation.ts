import { z } from 'zod'
import { DAY_MS } from '@postrider/time/day'

/** How a credential or a domain stands with the world, as the notifier finds it from what remote servers answered. Times are
 * milliseconds since the epoch. */
export interface Reputation {
  /** Index of its tier, where its limit has tiers. */
  tier: number
  tierSince: number
  /** Clean days in this tier so far, and the last day (UTC, since the epoch) that was looked at. */
  cleanDays: number
  lastDay: number
  suspended?: Suspension
  /** Outcomes before this do not count any more. */
  countFrom: number
  /** The `resume` of its resource that was seen last: another one asks for an end of the suspension. */
  resume: string
  /** When a suspension was ended by `resume` last. */
  resumedAt?: number
}

export interface Suspension {
  at: number
  reason: 'Bounces' | 'Spam'
  /** Of so many recipients, this share, in percent and rounded down; it is allowed to stay below `limitPercent`. */
  recipients: number
  percent: number
  limitPercent: number
  /** Whether `resume` lifts it; if not, only the administrator of the platform can. */
  resumable: boolean
}

export const newReputation = (now: number, resume: string): Reputation => ({
  tier: 0,
  tierSince: now,
  cleanDays: 0,
  lastDay: dayOf(now),
  countFrom: 0,
  resume,
})

export const dayOf = (at: number): number => Math.floor(at / DAY_MS)

const suspension = z.looseObject({
  at: z.number(),
  reason: z.enum(['Bounces', 'Spam']),
  recipients: z.number(),
  percent: z.number(),
  limitPercent: z.number(),
  resumable: z.boolean(),
})

/** A reputation as it is stored. */
export const reputationShape: z.ZodType<Reputation> = z.looseObject({
  tier: z.number(),
  tierSince: z.number(),
  cleanDays: z.number(),
  lastDay: z.number(),
  suspended: suspension.optional(),
  countFrom: z.number(),
  resume: z.string(),
  resumedAt: z.number().optional(),
})
