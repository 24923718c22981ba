import type { EventLog } from './publish-events.ts'

/** Has the parts of a message deleted that was not taken after all. Resolves when that will happen whatever fails, rejects as
 * EventLog.append does. */
export type Discard = (id: string, stream: string, parts: number[]) => Promise<void>

/** By an event: only the notifier may delete mail. */
export const createDiscard =
  (events: EventLog, now: () => number): Discard =>
  (id, stream, parts) =>
    events.append({ type: 'discard', at: now(), id, stream, parts })
