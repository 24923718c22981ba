import type { LimitConfig } from '@postrider/runtime-config/config'
import { newToday } from './destinations.ts'
import type { Destinations } from './destinations.ts'
import type { LimitField } from './exceeded.ts'
import { tokensOut } from './rate.ts'
import { count } from './sessions.ts'
import type { Sessions } from './sessions.ts'
import { forget, messagesOf, recipientsOf } from './use.ts'
import type { Use } from './use.ts'
import { DAY, MINUTE, sumOf, whenFree } from './window.ts'
import type { Buckets, WindowShape } from './window.ts'

/** The use of one limit, for people and programs. */
export interface LimitUse {
  limit: LimitField
  used: number
  allowed: number
  /** RFC 3339: when the use decreases next; absent if nothing is used, or if that is unknown. */
  freesAt?: string
}

/** What is stored about an account. */
export interface AccountUse {
  use: Use
  destinations: Destinations
  sessions: Sessions
}

/** The use of each part of a limit that counts over time. Pure. */
export function reportUse(limit: LimitConfig, { use, destinations, sessions }: AccountUse, now: number): LimitUse[] {
  const current = forget(use, now)
  const windows: [LimitField & keyof LimitConfig, Buckets, WindowShape][] = [
    ['messagesPerDay', messagesOf(current), DAY],
    ['recipientsPerDay', recipientsOf(current), DAY],
    ['messagesPerMinute', current.minute, MINUTE],
    ['newDestinationsPerDay', newToday(destinations, now), DAY],
  ]
  const found = windows.flatMap(([field, buckets, shape]): LimitUse[] => {
    const allowed = limit[field]
    if (typeof allowed !== 'number') return []
    const filled = buckets.filter(([, counted]) => counted > 0)
    const frees = filled.length === 0 ? {} : { freesAt: timeOf(whenFree(filled, 1, shape, now)) }
    return [{ limit: field, used: sumOf(buckets), allowed, ...frees }]
  })
  const { rate, concurrentSessions } = limit
  if (rate !== undefined) {
    const used = tokensOut(use.rate, rate, now)
    const interval = rate.perMs / rate.messages
    const frees = used === 0 ? {} : { freesAt: timeOf((use.rate?.[0] ?? now) - (used - 1) * interval) }
    found.push({ limit: 'rate', used, allowed: rate.burst, ...frees })
  }
  if (concurrentSessions !== undefined)
    found.push({ limit: 'concurrentSessions', used: count(sessions, now), allowed: concurrentSessions })
  return found
}

const timeOf = (at: number): string => new Date(Math.ceil(at)).toISOString()
