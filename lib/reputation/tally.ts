import type { OutcomeCategory, RecipientOutcome } from '@postrider/queue/event'
import type { ThresholdConfig } from '@postrider/runtime-config/config'
import { DAY_MS } from '@postrider/time/day'

/** Outcomes of recipients in a period. */
export interface Tally {
  /** Delivered or given up. */
  settled: number
  /** Given up because the address or its domain does not exist. */
  bounced: number
  /** Given up because the content was classified as spam or malware, by the remote or by this platform. */
  spam: number
}

/** A tally of ten minutes: [bucket number since the epoch, settled, bounced, spam]. */
export type TallyBucket = [bucket: number, settled: number, bounced: number, spam: number]

export const TALLY_BUCKET_MS = 600_000
/** How long tallies are kept: the longest window plus one day. Milliseconds. */
export const TALLIES_MS = 8 * DAY_MS

const BOUNCES: ReadonlySet<OutcomeCategory> = new Set(['unknown-user', 'mailbox-disabled', 'bad-destination-host'])
const SPAM: ReadonlySet<OutcomeCategory> = new Set(['spam-content', 'virus'])

/** Counts an outcome; undefined if the recipient is not settled. Problems of this platform or of the remote, such as TLS, blocklists or
 * an unavailable server, do not count against the sender: the recipient only counts as settled. */
export function tallyOf(state: RecipientOutcome['state'], category: OutcomeCategory): Tally | undefined {
  if (state === 'delivered') return { settled: 1, bounced: 0, spam: 0 }
  if (state !== 'failed') return undefined
  return { settled: 1, bounced: BOUNCES.has(category) ? 1 : 0, spam: SPAM.has(category) ? 1 : 0 }
}

/** The sum of the buckets that begin in a period, from `from` up to, but not including, `to` (milliseconds since the epoch). */
export function tallyBetween(buckets: readonly TallyBucket[], from: number, to: number): Tally {
  const sum: Tally = { settled: 0, bounced: 0, spam: 0 }
  for (const [bucket, settled, bounced, spam] of buckets) {
    const at = bucket * TALLY_BUCKET_MS
    if (at < from || at >= to) continue
    sum.settled += settled
    sum.bounced += bounced
    sum.spam += spam
  }
  return sum
}

/** Which threshold a tally has reached, if any; none while there are too few recipients. */
export function reached(
  { settled, bounced, spam }: Tally,
  { bouncePercent, spamPercent, minimumRecipients }: ThresholdConfig,
): { reason: 'Bounces' | 'Spam'; percent: number; limitPercent: number } | undefined {
  if (settled < Math.max(1, minimumRecipients)) return undefined
  const percent = (count: number): number => Math.floor((count * 100) / settled)
  if (percent(spam) >= spamPercent) return { reason: 'Spam', percent: percent(spam), limitPercent: spamPercent }
  if (percent(bounced) >= bouncePercent)
    return { reason: 'Bounces', percent: percent(bounced), limitPercent: bouncePercent }
  return undefined
}
