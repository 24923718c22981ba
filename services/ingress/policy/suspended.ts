import type { Reputation } from '@postrider/reputation/reputation'
import { remedyFor, whySuspended } from '@postrider/reputation/words'
import { RefusalError } from '@postrider/smtp/refusal'

/** The current reputation of an account; undefined while nothing is known about it. */
export type ReputationOf = (account: string) => Reputation | undefined

/** Throws a RefusalError if one of these accounts is suspended because of bounces or spam, with the reason and how the suspension ends.
 * 4xx: a client with a queue sends the mail when the suspension has ended. */
export function refuseSuspended(accounts: string[], reputationOf: ReputationOf): void {
  for (const account of accounts) {
    const suspension = reputationOf(account)?.suspended
    if (suspension === undefined) continue
    const text = `the ${account.replace('/', ' ')} has been ${whySuspended(suspension)}; ${remedyFor(suspension)}`
    throw new RefusalError(450, '4.7.1', text, 'suspended')
  }
}
