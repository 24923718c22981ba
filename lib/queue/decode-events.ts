import { BadRecordError, checkStored, parseJson } from '@postrider/broker/stored'
import type { QueueEvent } from './event.ts'
import { eventShape } from './event-shapes.ts'

/** The events of a record that could be read, and the errors of those that could not. */
export interface EventBatch {
  events: QueueEvent[]
  errors: unknown[]
}

/** Decodes an EVENTS record, which is a batch of events as a JSON array (see publish-events.ts). An event that cannot be read does not
 * affect the others. Throws BadRecordError if the record is not a batch. */
export function decodeBatch(data: Uint8Array): EventBatch {
  const batch = parseJson('a batch of events', Buffer.from(data).toString())
  if (!Array.isArray(batch)) throw new BadRecordError('a batch of events is not a list')
  const decoded: EventBatch = { events: [], errors: [] }
  for (const event of batch as unknown[]) {
    try {
      decoded.events.push(checkStored('an event', event, eventShape(typeOf(event))))
    } catch (error) {
      decoded.errors.push(error)
    }
  }
  return decoded
}

/** Like decodeBatch, but throws BadRecordError or NewerRecordError when one of the events cannot be read. */
export function decodeEvents(data: Uint8Array): QueueEvent[] {
  const { events, errors } = decodeBatch(data)
  if (errors.length > 0) throw errors[0]
  return events
}

const typeOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined
