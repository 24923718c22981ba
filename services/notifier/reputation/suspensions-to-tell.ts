import type { LiveReputations } from '@postrider/reputation/watch'
import { DAY_MS } from '@postrider/time/day'
import type { Account } from './accounts.ts'
import { suspensionNotice } from './notice.ts'
import type { SuspensionNotice } from './notice.ts'

/** Older suspensions were notified, or their notice was deleted with its placeholder. Milliseconds. */
const TELL_WITHIN_MS = DAY_MS

/** The suspensions that a notice is owed for, unless it was sent. From the standing itself and not at its change: a crash between the two
 * loses no notice. */
export function* suspensionsToTell(
  accounts: Iterable<Account>,
  standings: Pick<LiveReputations, 'of'>,
  now: number,
): Iterable<SuspensionNotice> {
  for (const account of accounts) {
    const suspension = standings.of(account.account)?.suspended
    if (suspension !== undefined && now - suspension.at <= TELL_WITHIN_MS) yield suspensionNotice(account, suspension)
  }
}
