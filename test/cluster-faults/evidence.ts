import type { Broker } from '@postrider/broker/connection'
import { decodeEvents } from '@postrider/queue/decode-events'
import type { RecipientOutcome } from '@postrider/queue/event'
import { EVENTS } from '@postrider/broker/names'
import { readStream } from '@postrider/broker/read-stream'

/** The outcome of an attempt for one recipient, as it is on disk. */
export interface StoredOutcome extends RecipientOutcome {
  id: string
  /** When the broker stored it, milliseconds since the epoch. */
  at: number
}

/** All outcomes that were stored since a record of EVENTS, and where the next look begins. */
export async function outcomesSince(broker: Broker, seq: number): Promise<{ outcomes: StoredOutcome[]; next: number }> {
  const { state } = await broker.jsm.streams.info(EVENTS)
  if (state.messages === 0 || state.last_seq < seq) return { outcomes: [], next: seq }
  const outcomes: StoredOutcome[] = []
  for await (const { at, data } of readStream(broker, EVENTS, { seq }, state.last_seq)) {
    for (const event of decodeEvents(data)) {
      if (event.type === 'attempt')
        outcomes.push(...event.outcomes.map((outcome) => ({ ...outcome, id: event.id, at })))
    }
  }
  return { outcomes, next: state.last_seq + 1 }
}
