import type { LimitConfig, TiersConfig } from '@postrider/runtime-config/config'
import { DAY_MS } from '@postrider/time/day'
import { dayOf, newReputation } from './reputation.ts'
import type { Reputation } from './reputation.ts'
import { TALLY_BUCKET_MS, reached, tallyBetween } from './tally.ts'
import type { TallyBucket } from './tally.ts'

/** After a suspension was ended by `resume`, another one in this time can only be lifted by the administrator of the platform: else whoever
 * abuses it would always have the way out in his own hands. Milliseconds. */
export const RESUME_AGAIN_MS = 30 * DAY_MS

export interface Evidence {
  /** Of the last days, in any order. */
  buckets: readonly TallyBucket[]
  /** `spec.resume` as it is now; empty when there is none. */
  resume: string
}

/** The standing that follows from what became of the mail; the same object when nothing changes. Pure. */
export function judge(
  before: Reputation | undefined,
  rules: Pick<LimitConfig, 'tiers' | 'suspension'>,
  evidence: Evidence,
  now: number,
): Reputation {
  const standing = before ?? newReputation(now, evidence.resume)
  if (standing.suspended !== undefined) return resumed(standing, evidence.resume, now)
  const suspended = suspend(standing, rules, evidence, now)
  if (suspended !== undefined) return suspended
  const noted = standing.resume === evidence.resume ? standing : { ...standing, resume: evidence.resume }
  return rules.tiers === undefined ? noted : walkTiers(noted, rules.tiers, evidence.buckets, now)
}

/** Ends a suspension: earlier outcomes no longer count, and the account starts again in the first tier. */
export function lift(standing: Reputation, now: number): Reputation {
  const countFrom = nextBucket(now)
  return { ...standing, suspended: undefined, tier: 0, tierSince: now, cleanDays: 0, lastDay: dayOf(now), countFrom }
}

function resumed(standing: Reputation, resume: string, now: number): Reputation {
  if (resume === standing.resume || resume === '' || standing.suspended?.resumable !== true) return standing
  return { ...lift(standing, now), resume, resumedAt: now }
}

function suspend(
  standing: Reputation,
  { suspension }: Pick<LimitConfig, 'suspension'>,
  { buckets, resume }: Evidence,
  now: number,
): Reputation | undefined {
  if (suspension === undefined) return undefined
  const tally = tallyBetween(buckets, Math.max(standing.countFrom, now - suspension.windowMs), Infinity)
  const found = reached(tally, suspension)
  if (found === undefined) return undefined
  const resumable = standing.resumedAt === undefined || standing.resumedAt + RESUME_AGAIN_MS <= now
  return { ...standing, resume, suspended: { at: now, recipients: tally.settled, resumable, ...found } }
}

function walkTiers(
  standing: Reputation,
  { levels, stepDown }: TiersConfig,
  buckets: readonly TallyBucket[],
  now: number,
): Reputation {
  const today = dayOf(now)
  const tier = Math.min(standing.tier, levels.length - 1)
  const enter = (next: number): Reputation => ({
    ...standing,
    tier: next,
    tierSince: now,
    cleanDays: 0,
    lastDay: today,
  })
  // What has led to the last step does not lead to another one.
  const from = Math.max(standing.countFrom, nextBucket(standing.tierSince), now - stepDown.windowMs)
  if (reached(tallyBetween(buckets, from, Infinity), stepDown) !== undefined) return enter(Math.max(0, tier - 1))
  let { cleanDays, lastDay } = standing
  for (let day = lastDay + 1; day < today; day++) {
    const tally = tallyBetween(buckets, day * DAY_MS, (day + 1) * DAY_MS)
    // A day without mail proves nothing; the days of use before it stay.
    if (tally.settled === 0) continue
    cleanDays = reached(tally, stepDown) === undefined ? cleanDays + 1 : 0
    lastDay = day
  }
  const next = levels[tier + 1]
  if (next !== undefined && cleanDays >= next.afterCleanDays) return enter(tier + 1)
  if (tier === standing.tier && cleanDays === standing.cleanDays && lastDay === standing.lastDay) return standing
  return { ...standing, tier, cleanDays, lastDay }
}

/** The bucket that is under way holds what led to a change: what follows counts from the next one on. */
const nextBucket = (at: number): number => (Math.floor(at / TALLY_BUCKET_MS) + 1) * TALLY_BUCKET_MS
