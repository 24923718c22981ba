import type { LimitConfig, TiersConfig } from '@postrider/runtime-config/config'
import { DAY_MS } from '@postrider/time/day'
import { dayOf, newReputation } from './reputation.ts'
import type { Reputation } from './reputation.ts'
import { TALLY_BUCKET_MS, reached, tallyBetween } from './tally.ts'
import type { TallyBucket } from './tally.ts'

/** After a suspension was lifted with `resume`, another one within this time can be lifted only by the administrator: otherwise an
 * abuser could always lift it themselves. Milliseconds. */
export const RESUME_AGAIN_MS = 30 * DAY_MS

export interface Evidence {
  /** Tallies of the last days, in any order. */
  buckets: readonly TallyBucket[]
  /** The current `spec.resume`; empty when there is none. */
  resume: string
}

/** Computes the reputation from the outcomes of the mail. Returns the same object when nothing changes. Pure. */
export function judge(
  before: Reputation | undefined,
  rules: Pick<LimitConfig, 'tiers' | 'suspension'>,
  evidence: Evidence,
  now: number,
): Reputation {
  const reputation = before ?? newReputation(now, evidence.resume)
  if (reputation.suspended !== undefined) return resumed(reputation, evidence.resume, now)
  const suspended = suspend(reputation, rules, evidence, now)
  if (suspended !== undefined) return suspended
  const noted = reputation.resume === evidence.resume ? reputation : { ...reputation, resume: evidence.resume }
  return rules.tiers === undefined ? noted : walkTiers(noted, rules.tiers, evidence.buckets, now)
}

/** Lifts a suspension: earlier outcomes no longer count, and the account starts again in the first tier. */
export function lift(reputation: Reputation, now: number): Reputation {
  const countFrom = nextBucket(now)
  return { ...reputation, suspended: undefined, tier: 0, tierSince: now, cleanDays: 0, lastDay: dayOf(now), countFrom }
}

function resumed(reputation: Reputation, resume: string, now: number): Reputation {
  if (resume === reputation.resume || resume === '' || reputation.suspended?.resumable !== true) return reputation
  return { ...lift(reputation, now), resume, resumedAt: now }
}

function suspend(
  reputation: Reputation,
  { suspension }: Pick<LimitConfig, 'suspension'>,
  { buckets, resume }: Evidence,
  now: number,
): Reputation | undefined {
  if (suspension === undefined) return undefined
  const tally = tallyBetween(buckets, Math.max(reputation.countFrom, now - suspension.windowMs), Infinity)
  const found = reached(tally, suspension)
  if (found === undefined) return undefined
  const resumable = reputation.resumedAt === undefined || reputation.resumedAt + RESUME_AGAIN_MS <= now
  return { ...reputation, resume, suspended: { at: now, recipients: tally.settled, resumable, ...found } }
}

function walkTiers(
  reputation: Reputation,
  { levels, stepDown }: TiersConfig,
  buckets: readonly TallyBucket[],
  now: number,
): Reputation {
  const today = dayOf(now)
  const tier = Math.min(reputation.tier, levels.length - 1)
  const enter = (next: number): Reputation => ({
    ...reputation,
    tier: next,
    tierSince: now,
    cleanDays: 0,
    lastDay: today,
  })
  // The outcomes that led to the last step do not count again.
  const from = Math.max(reputation.countFrom, nextBucket(reputation.tierSince), now - stepDown.windowMs)
  if (reached(tallyBetween(buckets, from, Infinity), stepDown) !== undefined) return enter(Math.max(0, tier - 1))
  let { cleanDays, lastDay } = reputation
  for (let day = lastDay + 1; day < today; day++) {
    const tally = tallyBetween(buckets, day * DAY_MS, (day + 1) * DAY_MS)
    // A day without mail does not count; earlier clean days are kept.
    if (tally.settled === 0) continue
    cleanDays = reached(tally, stepDown) === undefined ? cleanDays + 1 : 0
    lastDay = day
  }
  const next = levels[tier + 1]
  if (next !== undefined && cleanDays >= next.afterCleanDays) return enter(tier + 1)
  if (tier === reputation.tier && cleanDays === reputation.cleanDays && lastDay === reputation.lastDay)
    return reputation
  return { ...reputation, tier, cleanDays, lastDay }
}

/** The current bucket contains the outcomes that led to a change, so counting starts with the next one. */
const nextBucket = (at: number): number => (Math.floor(at / TALLY_BUCKET_MS) + 1) * TALLY_BUCKET_MS
