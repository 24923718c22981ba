import type { LimitConfig } from '@postrider/runtime-config/config'
import type { Reputation } from './reputation.ts'

/** What a limit allows an account with this reputation: the lower of its own counts and those of the tier. */
export function effectiveLimit(limit: LimitConfig, reputation: Reputation | undefined): LimitConfig {
  const levels = limit.tiers?.levels ?? []
  const level = levels[Math.min(reputation?.tier ?? 0, levels.length - 1)]
  if (level === undefined) return limit
  const messagesPerDay = Math.min(limit.messagesPerDay ?? Infinity, level.messagesPerDay)
  const recipientsPerDay = Math.min(limit.recipientsPerDay ?? Infinity, level.recipientsPerDay ?? Infinity)
  return { ...limit, messagesPerDay, ...(recipientsPerDay === Infinity ? {} : { recipientsPerDay }) }
}
