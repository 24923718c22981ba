import type { DatabaseSync } from 'node:sqlite'
import type { LoggedRecipient } from '@postrider/message-log/messages'
import type { QueueEvent, RecipientOutcome } from '@postrider/queue/event'

/**
 * Whether the outcome of an attempt counts for a recipient. Two workers may have made the same attempt, and an event may be read twice, or
 * after those of later attempts.
 *
 * The first outcome that settles a recipient is final: mail that was delivered is not bounced, and does not return to the queue. A delivery
 * counts whenever it is reported, since the recipient has the message. Otherwise, of two events for one attempt the first counts (docs/adr:
 * leases and the final dot). A cancelled recipient can still be delivered or fail, because the attempt may have been under way, but its job
 * is not attempted again. Pure.
 */
export function counts(
  state: RecipientOutcome['state'],
  attempt: number,
  logged: Pick<LoggedRecipient, 'state' | 'attempts'> | undefined,
): boolean {
  if (logged === undefined) return true
  if (logged.state === 'delivered' || logged.state === 'failed') return false
  if (state === 'delivered') return true
  return attempt > logged.attempts && !(logged.state === 'cancelled' && state === 'deferred')
}

/** Returns a function that leaves out of an event the outcomes that do not count. Its result depends on the log before the event is
 * written. */
export function createCounted(db: DatabaseSync): <E extends QueueEvent>(event: E) => E {
  const find = db.prepare('SELECT state, attempts FROM recipients WHERE id = ? AND address = ?')
  return (event) => {
    if (event.type !== 'attempt') return event
    const { id, attempt, outcomes } = event
    const isCounted = ({ address, state }: RecipientOutcome): boolean =>
      counts(state, attempt, find.get(id, address) as Pick<LoggedRecipient, 'state' | 'attempts'> | undefined)
    return { ...event, outcomes: outcomes.filter(isCounted) }
  }
}
