import type { LiveReputations } from '@postrider/reputation/watch'
import { DAY_MS } from '@postrider/time/day'
import type { Account } from './accounts.ts'
import { suspensionNotice } from './notice.ts'
import type { SuspensionNotice } from './notice.ts'

/** Suspensions older than this are not reported: their notice was sent, and its placeholder may have been deleted. Milliseconds. */
const NOTIFY_WITHIN_MS = DAY_MS

/** The recent suspensions, each as the notice that reports it. They follow from the stored reputation, not from its change, so that a crash
 * between the two loses no notice. Pure. */
export function* suspensionsToReport(
  accounts: Iterable<Account>,
  reputations: Pick<LiveReputations, 'of'>,
  now: number,
): Iterable<SuspensionNotice> {
  for (const account of accounts) {
    const suspension = reputations.of(account.account)?.suspended
    if (suspension !== undefined && now - suspension.at <= NOTIFY_WITHIN_MS) yield suspensionNotice(account, suspension)
  }
}
