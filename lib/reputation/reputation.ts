import { z } from 'zod'
import { DAY_MS } from '@postrider/time/day'

/** The reputation of a credential or a domain, which the notifier derives from the replies of remote servers. Times are milliseconds
 * since the epoch. */
export interface Reputation {
  /** Index of its tier, if its limit has tiers. */
  tier: number
  tierSince: number
  /** Clean days in this tier so far, and the last day (UTC, since the epoch) that was counted. */
  cleanDays: number
  lastDay: number
  suspended?: Suspension
  /** Outcomes before this time no longer count. */
  countFrom: number
  /** The last known `resume` of its resource: a different value requests the end of the suspension. */
  resume: string
  /** When a suspension was last lifted with `resume`. */
  resumedAt?: number
}

export interface Suspension {
  at: number
  reason: 'Bounces' | 'Spam'
  /** Number of recipients, and the percentage of them (rounded down) that bounced or were refused; it reached `limitPercent`. */
  recipients: number
  percent: number
  limitPercent: number
  /** Whether `resume` lifts it; otherwise only the administrator can. */
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

/** The stored form of a reputation. */
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
