import type { Broker } from './broker.ts'
import { decodeEvents } from './event.ts'
import type { AttemptEvent, QueueEvent } from './event.ts'
import { EVENTS } from './names.ts'
import { readStream } from './read-stream.ts'
import { BadRecordError, NewerRecordError } from './stored.ts'

/** Attempts whose outcome is on disk, so that none is made twice.
 *
 * The event is the truth and the acknowledgement only follows it, so a job can be given out again after it was settled:
 * a worker died between the two, or the broker did (it writes its acknowledgements up to some 100 ms late).
 * Both leave the event among the last ones, so the tail of EVENTS answers. */
export interface Settled {
  /** Remembers an attempt that this process settled. */
  note(event: AttemptEvent): void
  /** What this process remembers, at no cost. */
  recall(key: string): AttemptEvent | undefined
  /** Reads what others wrote since the last look, then answers. */
  lookUp(key: string): Promise<AttemptEvent | undefined>
}

export const eventKey = (event: Pick<AttemptEvent, 'id' | 'part' | 'attempt'>): string =>
  `${event.id}/${event.part}/${event.attempt - 1}`

/** An acknowledgement is lost at most this long after its event, as the broker's clock goes. Milliseconds. */
const TAIL_MS = 180_000
/** Bounds the memory; at 2,000 messages a second still 25 s. */
const MOST = 50_000

export function createSettled(broker: Broker): Settled {
  const known = new Map<string, AttemptEvent>()
  let nextSeq: number | undefined
  let reading: Promise<void> | undefined

  function note(event: AttemptEvent): void {
    known.set(eventKey(event), event)
    if (known.size > MOST) for (const oldest of known.keys()) return void known.delete(oldest)
  }

  /** Reads EVENTS from where the last look ended (the first time: from the tail) to its present end. */
  async function catchUp(): Promise<void> {
    const { state } = await broker.jsm.streams.info(EVENTS)
    if (nextSeq !== undefined && state.last_seq < nextSeq) return
    if (state.messages === 0) return
    const from =
      nextSeq === undefined
        ? { start_time: new Date(Date.parse(state.last_ts) - TAIL_MS).toISOString() }
        : { seq: nextSeq }
    for await (const { seq, data } of readStream(broker, EVENTS, from, state.last_seq)) {
      for (const event of readable(data)) if (event.type === 'attempt') note(event)
      nextSeq = seq + 1
    }
  }

  return {
    note,
    recall: (key) => known.get(key),
    async lookUp(key) {
      const present = known.get(key)
      if (present !== undefined) return present
      // Those who ask together are answered by one look that began after they asked.
      if (reading !== undefined) await reading.catch(() => undefined)
      reading ??= catchUp().finally(() => (reading = undefined))
      await reading
      return known.get(key)
    },
  }
}

/** What cannot be read tells of no attempt that is known; the message log puts it into the quarantine. */
function readable(data: Uint8Array): QueueEvent[] {
  try {
    return decodeEvents(data)
  } catch (error) {
    if (error instanceof BadRecordError || error instanceof NewerRecordError) return []
    throw error
  }
}
