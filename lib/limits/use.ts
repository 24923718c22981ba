import { z } from 'zod'
import type { LimitConfig } from '@postrider/runtime-config/config'
import type { Exceeded } from './exceeded.ts'
import { giveToken, intervalOf, pullBackRate, takeToken } from './rate.ts'
import type { RateUse } from './rate.ts'
import { DAY, MINUTE, isInside, pullBack, sumOf, whenFree } from './window.ts'
import type { Buckets, WindowShape } from './window.ts'

/** What a credential or a domain has recently sent, as counts by time. Small enough to be one value in the broker. */
export interface Use {
  /** Ten-minute buckets of the last day: [bucket number since the epoch, messages, recipients]. */
  day: [number, number, number][]
  /** One-second buckets of the last minute: [second since the epoch, messages]. */
  minute: [number, number][]
  rate?: RateUse
}

export const NO_USE: Use = { day: [], minute: [] }

/** The stored form. */
export const useShape: z.ZodType<Use> = z.looseObject({
  day: z.array(z.tuple([z.number(), z.number(), z.number()])),
  minute: z.array(z.tuple([z.number(), z.number()])),
  rate: z.custom<RateUse>((rate) => typeof rate === 'object' && rate !== null).optional(),
})

/** What was counted for a message, so that it can be refunded. */
export interface Receipt {
  at: number
  recipients: number
  /** The time per token, if a rate is limited. Milliseconds. */
  intervalMs?: number
}

/** Corrects a use with times of a clock that was ahead to the present. Returns the same object when there is nothing to correct. The
 * result must be stored even after a refusal: a correction that is made again each time never expires. */
export function pullBackUse(use: Use, { rate }: LimitConfig, now: number): Use {
  const day = pullBack(use.day, DAY, now)
  const minute = pullBack(use.minute, MINUTE, now)
  const rateUse = use.rate === undefined || rate === undefined ? use.rate : pullBackRate(use.rate, rate, now)
  if (day === use.day && minute === use.minute && rateUse === use.rate) return use
  return { ...use, day, minute, ...(rateUse === undefined ? {} : { rate: rateUse }) }
}

/** Counts a message to `recipients` recipients if it is within the limit: no 24 hours and no 60 seconds contain more than the limit
 * allows. Otherwise returns which limit it would exceed. */
export function spend(
  use: Use,
  limit: LimitConfig,
  recipients: number,
  now: number,
): { use: Use; receipt: Receipt } | { exceeded: Exceeded } {
  const current = forget(pullBackUse(use, limit, now), now)
  const checks: ['messagesPerMinute' | 'messagesPerDay' | 'recipientsPerDay', number, Buckets, WindowShape][] = [
    ['messagesPerMinute', 1, current.minute, MINUTE],
    ['messagesPerDay', 1, messagesOf(current), DAY],
    ['recipientsPerDay', recipients, recipientsOf(current), DAY],
  ]
  for (const [field, wanted, buckets, shape] of checks) {
    const allowed = limit[field]
    const used = sumOf(buckets)
    if (allowed !== undefined && used + wanted > allowed) {
      const freeAt = whenFree(buckets, used + wanted - allowed, shape, now)
      return { exceeded: { limit: limit.name, field, used, allowed, freeAt } }
    }
  }
  const counted = add(current, 1, recipients, now)
  const { rate } = limit
  if (rate === undefined) return { use: counted, receipt: { at: now, recipients } }
  const token = takeToken(current.rate, rate, now)
  if (!('use' in token)) return { exceeded: { limit: limit.name, field: 'rate', allowed: rate.burst, ...token } }
  return { use: { ...counted, rate: token.use }, receipt: { at: now, recipients, intervalMs: intervalOf(rate) } }
}

/** Takes back what was counted for a message that was not accepted. */
export function refund(use: Use, { at, recipients, intervalMs }: Receipt): Use {
  const counted = add(use, -1, -recipients, at)
  if (intervalMs === undefined) return counted
  const rate = giveToken(use.rate, intervalMs, at)
  return rate === undefined ? counted : { ...counted, rate }
}

/** Which fields of a limit require a count over time. All fields are listed, so that a new one cannot be forgotten. */
const COUNTS: Record<keyof LimitConfig, boolean> = {
  name: false,
  messagesPerDay: true,
  recipientsPerDay: true,
  messagesPerMinute: true,
  rate: true,
  concurrentSessions: false,
  newDestinationsPerDay: false,
  tiers: false,
  suspension: false,
  recipientsPerMessage: false,
  messageBytes: false,
}
const COUNTED = Object.entries(COUNTS).flatMap(([field, counts]) => (counts ? [field as keyof LimitConfig] : []))

/** True when the limit counts messages over time. Otherwise no use is stored. */
export const isCounted = (limit: LimitConfig): boolean => COUNTED.some((field) => limit[field] !== undefined)

/** Drops buckets that have left their window. */
export function forget(use: Use, now: number): Use {
  return {
    ...use,
    day: use.day.filter(([bucket]) => isInside(bucket, DAY, now)),
    minute: use.minute.filter(([second]) => isInside(second, MINUTE, now)),
  }
}

export const messagesOf = ({ day }: Use): Buckets => day.map(([bucket, messages]) => [bucket, messages])
export const recipientsOf = ({ day }: Use): Buckets => day.map(([bucket, , recipients]) => [bucket, recipients])

function add(use: Use, messages: number, recipients: number, at: number): Use {
  const bucket = Math.floor(at / DAY.bucketMs)
  const second = Math.floor(at / MINUTE.bucketMs)
  const day = use.day.map((entry): Use['day'][number] =>
    entry[0] === bucket ? [bucket, Math.max(0, entry[1] + messages), Math.max(0, entry[2] + recipients)] : entry,
  )
  const minute = use.minute.map((entry): Use['minute'][number] =>
    entry[0] === second ? [second, Math.max(0, entry[1] + messages)] : entry,
  )
  if (messages > 0 && !day.some(([number]) => number === bucket)) day.push([bucket, messages, recipients])
  if (messages > 0 && !minute.some(([number]) => number === second)) minute.push([second, messages])
  return { ...use, day, minute }
}
