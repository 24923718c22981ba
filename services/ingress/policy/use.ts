import type { LimitConfig } from '@postrider/runtime-config/config'

/** What a credential or a domain has sent lately, as counts by time. Small enough to be one value of the broker. */
export interface Use {
  /** Ten-minute buckets of the last day: [bucket number since the epoch, messages, recipients]. */
  day: [number, number, number][]
  /** One-second buckets of the last minute: [second since the epoch, messages]. */
  minute: [number, number][]
}

export const NO_USE: Use = { day: [], minute: [] }

export type LimitField = 'messagesPerDay' | 'recipientsPerDay' | 'messagesPerMinute'

/** A limit that one more message would exceed. */
export interface Exceeded {
  limit: string
  field: LimitField
  used: number
  allowed: number
  /** Milliseconds since the epoch at which enough will have left the window. */
  freeAt: number
}

const DAY_BUCKET_MS = 600_000
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** Whether a message to so many recipients fits; counts it when it does. In no 24 hours, and in no 60 seconds, more than
 * the limit: a bucket leaves the window when its last moment does. */
export function spend(
  use: Use,
  limit: LimitConfig,
  recipients: number,
  now: number,
): { use: Use } | { exceeded: Exceeded } {
  const current = forget(use, now)
  const checks: [LimitField, number | undefined, number, [number, number][], number, number][] = [
    ['messagesPerMinute', limit.messagesPerMinute, 1, current.minute, 1000, MINUTE_MS],
    ['messagesPerDay', limit.messagesPerDay, 1, current.day.map(([at, m]) => [at, m]), DAY_BUCKET_MS, DAY_MS],
    [
      'recipientsPerDay',
      limit.recipientsPerDay,
      recipients,
      current.day.map(([at, , r]) => [at, r]),
      DAY_BUCKET_MS,
      DAY_MS,
    ],
  ]
  for (const [field, allowed, wanted, buckets, bucketMs, windowMs] of checks) {
    const used = buckets.reduce((sum, [, count]) => sum + count, 0)
    if (allowed !== undefined && used + wanted > allowed) {
      const freeAt = whenFree(buckets, used + wanted - allowed, bucketMs, windowMs, now)
      return { exceeded: { limit: limit.name, field, used, allowed, freeAt } }
    }
  }
  return { use: add(current, 1, recipients, now) }
}

/** Takes back what was counted for a message that was not accepted after all. */
export function refund(use: Use, recipients: number, spentAt: number): Use {
  return add(use, -1, -recipients, spentAt)
}

/** True when the limit counts anything over time; else no use needs to be kept. */
export function isCounted(limit: LimitConfig): boolean {
  return (limit.messagesPerDay ?? limit.recipientsPerDay ?? limit.messagesPerMinute) !== undefined
}

function add(use: Use, messages: number, recipients: number, at: number): Use {
  const bucket = Math.floor(at / DAY_BUCKET_MS)
  const second = Math.floor(at / 1000)
  const day = use.day.map((entry): Use['day'][number] =>
    entry[0] === bucket ? [bucket, Math.max(0, entry[1] + messages), Math.max(0, entry[2] + recipients)] : entry,
  )
  const minute = use.minute.map((entry): Use['minute'][number] =>
    entry[0] === second ? [second, Math.max(0, entry[1] + messages)] : entry,
  )
  if (messages > 0 && !day.some(([number]) => number === bucket)) day.push([bucket, messages, recipients])
  if (messages > 0 && !minute.some(([number]) => number === second)) minute.push([second, messages])
  return { day, minute }
}

function forget(use: Use, now: number): Use {
  return {
    day: use.day.filter(([bucket]) => (bucket + 1) * DAY_BUCKET_MS + DAY_MS > now),
    minute: use.minute.filter(([second]) => (second + 1) * 1000 + MINUTE_MS > now),
  }
}

function whenFree(
  buckets: [number, number][],
  excess: number,
  bucketMs: number,
  windowMs: number,
  now: number,
): number {
  let freed = 0
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    freed += count
    if (freed >= excess) return (bucket + 1) * bucketMs + windowMs
  }
  // One message alone is over the limit: waiting does not help, but a day from now is when to look again.
  return now + windowMs
}
