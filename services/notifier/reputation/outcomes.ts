import type { DatabaseSync } from 'node:sqlite'
import type { Envelope } from '@postrider/mail/envelope'
import type { AttemptEvent, VerdictEvent } from '@postrider/queue/event'
import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import { TALLIES_MS, TALLY_BUCKET_MS, tallyOf } from '@postrider/reputation/tally'
import type { Tally, TallyBucket } from '@postrider/reputation/tally'

/** Outcomes of the mail of each credential and domain, in buckets of ten minutes, and the messages whose verdict is among them. The tables
 * are part of the message log, and are rebuilt with it. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS outcomes (
  account TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  bounced INTEGER NOT NULL,
  spam INTEGER NOT NULL,
  PRIMARY KEY (account, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outcomes_old ON outcomes (bucket);
CREATE TABLE IF NOT EXISTS verdicts (id TEXT PRIMARY KEY, bucket INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS verdicts_old ON verdicts (bucket);
`

export interface Outcomes {
  /** Counts the recipients that an attempt settled. `event` must contain only the outcomes that count (log/counted.ts), so that recipients
   * that were settled before do not count again, for instance when an event comes twice. */
  noteAttempt(event: AttemptEvent, envelope: Envelope): void
  /** Counts a message that our own scanner rejected or held, as one recipient, however often the verdict comes: the broker may have stored
   * an event twice, or a record of events is read again from the quarantine. Must be called in the transaction that writes the event. */
  noteVerdict(event: VerdictEvent): void
  bucketsOf(account: string, now: number): TallyBucket[]
  /** Accounts with new counts since the last call. */
  takeTouched(): Set<string>
  /** Deletes what is older than the buckets that are used. */
  prune(now: number): void
}

const bucketOf = (at: number): number => Math.floor(at / TALLY_BUCKET_MS)

export function openOutcomes(db: DatabaseSync): Outcomes {
  db.exec(SCHEMA)
  const count = db.prepare(
    `INSERT INTO outcomes (account, bucket, settled, bounced, spam) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET settled = settled + excluded.settled, bounced = bounced + excluded.bounced, spam = spam + excluded.spam`,
  )
  const read = db.prepare('SELECT bucket, settled, bounced, spam FROM outcomes WHERE account = ? AND bucket >= ?')
  const insertVerdict = db.prepare('INSERT OR IGNORE INTO verdicts (id, bucket) VALUES (?, ?)')
  const forget = ['outcomes', 'verdicts'].map((table) => db.prepare(`DELETE FROM ${table} WHERE bucket < ?`))
  let touched = new Set<string>()

  function add(accounts: string[], at: number, { settled, bounced, spam }: Tally): void {
    for (const account of accounts) {
      count.run(account, bucketOf(at), settled, bounced, spam)
      touched.add(account)
    }
  }

  return {
    noteVerdict({ at, id, credential, domain, outcome, action }) {
      const isSpam = outcome === 'infected' || outcome === 'spam'
      // Mail that was tagged and accepted counts by the replies of its recipients' servers.
      if (!isSpam || (action !== 'reject' && action !== 'hold')) return
      if (insertVerdict.run(id, bucketOf(at)).changes === 0) return
      add([credentialAccount(credential), domainAccount(domain)], at, { settled: 1, bounced: 0, spam: 1 })
    },
    noteAttempt(event, { credential, domain }) {
      // A notice has no credential, and does not count for an account.
      if (credential === '') return
      const sum: Tally = { settled: 0, bounced: 0, spam: 0 }
      for (const { state, category } of event.outcomes) {
        const tally = tallyOf(state, category)
        if (tally === undefined) continue
        sum.settled += tally.settled
        sum.bounced += tally.bounced
        sum.spam += tally.spam
      }
      if (sum.settled > 0) add([credentialAccount(credential), domainAccount(domain)], event.at, sum)
    },
    bucketsOf: (account, now) =>
      read
        .all(account, bucketOf(now - TALLIES_MS))
        .map((row): TallyBucket => [
          row['bucket'] as number,
          row['settled'] as number,
          row['bounced'] as number,
          row['spam'] as number,
        ]),
    takeTouched() {
      const taken = touched
      touched = new Set()
      return taken
    },
    prune(now) {
      for (const statement of forget) statement.run(bucketOf(now - TALLIES_MS))
    },
  }
}
