import type { LiveReputations } from '@postrider/reputation/watch'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader } from '../log/read.ts'
import type { Account } from './accounts.ts'
import { suspensionNoticeId } from './notice.ts'
import { suspensionsToReport } from './suspensions-to-report.ts'

export interface OweNoticesOptions {
  reader: Pick<LogReader, 'known'>
  writer: Pick<LogWriter, 'queueNotice'>
  reputations: Pick<LiveReputations, 'of'>
  accounts: () => Iterable<Account>
}

/** Returns a function that puts notices about recent suspensions into the outbox. They follow from the stored reputation, not from its
 * change, so that a crash between the two loses no notice. */
export function createOweNotices({ reader, writer, reputations, accounts }: OweNoticesOptions): (now: number) => void {
  /** Of this process. A notice that the queue refuses goes from the outbox to the quarantine, and must not come back each time. */
  let owed = new Set<string>()
  return (now) => {
    const recent = new Set<string>()
    for (const notice of suspensionsToReport(accounts(), reputations, now)) {
      const id = suspensionNoticeId(notice)
      recent.add(id)
      if (!owed.has(id) && !reader.known(id)) writer.queueNotice(id, notice.account, notice)
    }
    owed = recent
  }
}
