import type { QueueEvent } from './event.ts'

/** An event up to this size is stored whole. Leaves ample room for a message to 100 recipients with a reply of 512 octets each. Octets. */
export const MAX_EVENT_BYTES = 512 * 1024
/** How much of each reply is kept in a larger event. Characters. */
const MAX_REPLY = 512

/** Encodes an event for storage. When it is too large, the replies in it are cut: they are for people only, while programs read the
 * other fields. Pure. */
export function encodeEvent(event: QueueEvent): string {
  const json = JSON.stringify(event)
  if (event.type !== 'attempt' || Buffer.byteLength(json) <= MAX_EVENT_BYTES) return json
  const outcomes = event.outcomes.map((outcome) => ({ ...outcome, reply: outcome.reply.slice(0, MAX_REPLY) }))
  return JSON.stringify({ ...event, outcomes })
}

/** How many of the waiting events form the next batch of at most `maxBytes` octets. A larger event is a batch of its own. Pure. */
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
