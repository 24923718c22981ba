import type { Broker } from '@postrider/queue/broker'
import { decodeEvents } from '@postrider/queue/event'
import { DELIVERY_CONSUMER, EVENTS, JOBS, mailStream } from '@postrider/queue/names'
import { readStream } from '@postrider/queue/read-stream'

const SHARDS = 4

/** Jobs that wait, are held by a worker, or are due: 0 means that the queue is empty. */
export async function jobsLeft(broker: Broker): Promise<number> {
  const streams = [...Array.from({ length: SHARDS }, (_, shard) => mailStream(shard)), JOBS]
  const infos = await Promise.all(streams.map((stream) => broker.jsm.consumers.info(stream, DELIVERY_CONSUMER)))
  const waiting = (await broker.jsm.streams.info(JOBS)).state.messages
  return infos.reduce((sum, info) => sum + info.num_pending + info.num_ack_pending, waiting)
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
