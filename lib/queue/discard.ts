import type { EventLog } from './publish-events.ts'

/** Requests the deletion of the parts of a message that was not accepted. Resolves when the deletion is certain to happen, whatever
 * fails later; rejects as `EventLog.append` does. */
export type Discard = (id: string, stream: string, parts: number[]) => Promise<void>

/** Requests it with an event, since only the notifier may delete mail. */
export const createDiscard =
  (events: EventLog, now: () => number): Discard =>
  (id, stream, parts) =>
    events.append({ type: 'discard', at: now(), id, stream, parts })
