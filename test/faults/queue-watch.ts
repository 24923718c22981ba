import type { Broker } from '@postrider/broker/connection'
import { decodeEvents } from '@postrider/queue/decode-events'
import { DELIVERY_CONSUMER, EVENTS, JOBS, mailStream } from '@postrider/broker/names'
import { readStream } from '@postrider/broker/read-stream'

const SHARDS = 4

/** What a stream of jobs still holds, as its consumer counts it. */
export interface Left {
  stream: string
  /** Not given out yet. */
  pending: number
  /** Given out, and not acknowledged. */
  inHand: number
  /** Schedules and due jobs in the stream itself; those of JOBS that are pending or in hand are counted there as well. */
  stored: number
}

/** What the queue still holds, stream by stream; empty when the queue is. */
export async function jobsLeft(broker: Broker): Promise<Left[]> {
  const streams = [...Array.from({ length: SHARDS }, (_, shard) => mailStream(shard)), JOBS]
  const all = await Promise.all(
    streams.map(async (stream) => {
      const info = await broker.jsm.consumers.info(stream, DELIVERY_CONSUMER)
      const stored = stream === JOBS ? (await broker.jsm.streams.info(JOBS)).state.messages : 0
      return { stream, pending: info.num_pending, inHand: info.num_ack_pending, stored }
    }),
  )
  return all.filter(({ pending, inHand, stored }) => pending + inHand + stored > 0)
}

/** When the delivery of each message was on disk first, by queue id. Milliseconds since the epoch. */
export async function deliveriesOnDisk(broker: Broker): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const { state } = await broker.jsm.streams.info(EVENTS)
  if (state.messages === 0) return found
  for await (const { at, data } of readStream(broker, EVENTS, { seq: 1 }, state.last_seq)) {
    for (const event of decodeEvents(data)) {
      if (event.type !== 'attempt' || !event.outcomes.some((outcome) => outcome.state === 'delivered')) continue
      if (!found.has(event.id)) found.set(event.id, at)
    }
  }
  return found
}
