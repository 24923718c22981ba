import type { QueueEvent } from './event.ts'

/** An event is stored whole up to this size: a message to 100 recipients has 512 octets of a reply for each, more than once
 * over. Octets. */
export const MAX_EVENT_BYTES = 512 * 1024
/** What of each reply stays in an event that is larger. Characters. */
const MAX_REPLY = 512

/** An event as it is stored: when it is too large, the replies in it are cut, since they are for people and what else it says is not.
 * Pure. */
export function encodeEvent(event: QueueEvent): string {
  const json = JSON.stringify(event)
  if (event.type !== 'attempt' || Buffer.byteLength(json) <= MAX_EVENT_BYTES) return json
  const outcomes = event.outcomes.map((outcome) => ({ ...outcome, reply: outcome.reply.slice(0, MAX_REPLY) }))
  return JSON.stringify({ ...event, outcomes })
}

/** How many of the events that wait make the next batch of at most so many octets; one that is larger is a batch of its own. Pure. */
export function nextBatch(sizes: Iterable<number>, maxBytes: number): number {
  let count = 0
  let bytes = 0
  for (const size of sizes) {
    bytes += size
    if (count > 0 && bytes > maxBytes) break
    count++
  }
  return count
}
