import type { OutcomeCategory, RecipientOutcome } from '@postrider/queue/event'
import type { ThresholdConfig } from '@postrider/runtime-config/config'
import { DAY_MS } from '@postrider/time/day'

/** What became of recipients in some time. */
export interface Tally {
  /** Delivered or given up. */
  settled: number
  /** Given up because the address or its domain does not exist. */
  bounced: number
  /** Given up because the content was held to be spam or malware, there or here. */
  spam: number
}

/** A tally of ten minutes: [bucket number since the epoch, settled, bounced, spam]. */
export type TallyBucket = [bucket: number, settled: number, bounced: number, spam: number]

export const TALLY_BUCKET_MS = 600_000
/** So long tallies are kept: the longest window, and a day. Milliseconds. */
export const TALLIES_MS = 8 * DAY_MS

const BOUNCES: ReadonlySet<OutcomeCategory> = new Set(['unknown-user', 'mailbox-disabled', 'bad-destination-host'])
const SPAM: ReadonlySet<OutcomeCategory> = new Set(['spam-content', 'virus'])

/** What an outcome says about who sent the message. Trouble of ours or of the remote's, as with TLS, blocklists or a server that
 * is away, says nothing about him: it only counts as settled. */
export function tallyOf(state: RecipientOutcome['state'], category: OutcomeCategory): Tally | undefined {
  if (state === 'delivered') return { settled: 1, bounced: 0, spam: 0 }
  if (state !== 'failed') return undefined
  return { settled: 1, bounced: BOUNCES.has(category) ? 1 : 0, spam: SPAM.has(category) ? 1 : 0 }
}

/** What is in the buckets that begin in a stretch of time. */
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

/** Which threshold a tally has reached, if any; none before there are enough recipients to tell. */
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
