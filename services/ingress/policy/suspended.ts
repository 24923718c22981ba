import type { Reputation } from '@postrider/reputation/reputation'
import { wayBack, whySuspended } from '@postrider/reputation/words'
import { RefusalError } from '@postrider/smtp/refusal'

/** How an account stands now; undefined when nothing speaks for or against it. */
export type ReputationOf = (account: string) => Reputation | undefined

/** Throws the RefusalError that says why one of these accounts is suspended for what it sent, and what the way back is. 4xx: its mail
 * is welcome when that has come to an end. */
export function refuseSuspended(accounts: string[], reputationOf: ReputationOf): void {
  for (const account of accounts) {
    const suspension = reputationOf(account)?.suspended
    if (suspension === undefined) continue
    const text = `the ${account.replace('/', ' ')} has been ${whySuspended(suspension)}; ${wayBack(suspension)}`
    throw new RefusalError(450, '4.7.1', text, 'suspended')
  }
}
