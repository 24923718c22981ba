import { LOG_REPUTATION, LOG_REPUTATION_RESTORE } from '@postrider/broker/names'
import { question } from '@postrider/broker/question'
import { reputationShape } from '@postrider/reputation/reputation'
import type { Reputation } from '@postrider/reputation/reputation'
import { z } from 'zod'

/** The reputation of an account, which is named as in lib/limits/accounts.ts. */
export interface AccountReputation {
  account: string
  reputation: Reputation
}

export interface Restored {
  restored: boolean
  problem?: string | undefined
}

const nothing: z.ZodType<Record<string, never>> = z.object({})

/** Lists the reputation of each account that has tiers or can be suspended. */
export const REPUTATIONS = question<Record<string, never>, AccountReputation[]>(
  LOG_REPUTATION,
  nothing,
  z.array(z.looseObject({ account: z.string(), reputation: reputationShape })),
)

/** Ends the suspension of an account. */
export const RESTORE = question<{ account: string }, Restored>(
  LOG_REPUTATION_RESTORE,
  z.object({ account: z.string() }),
  z.looseObject({ restored: z.boolean(), problem: z.string().optional() }),
)
