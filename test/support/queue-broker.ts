import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { ensureStreams } from '@postrider/broker/streams'
import { startBroker } from './broker.ts'
import { eventually } from './eventually.ts'
import type { TestBroker } from './broker.ts'

/** A broker with the streams of the queue, and a connection to it. */
export async function startQueueBroker({ shards = 1 } = {}): Promise<{ server: TestBroker; broker: Broker }> {
  const server = await startBroker()
  const broker = await openBroker('test', { servers: [server.url], user: 'test', password: 'test' })
  await makeStreams(broker, shards)
  return { server, broker }
}

/** Deletes all streams, and makes those of the queue again. The broker may still be removing the files of a deleted stream, and then fails
 * to make one of the same name. */
export async function emptyQueue({ nc, jsm }: Broker): Promise<void> {
  for (const { config } of await Array.fromAsync(jsm.streams.list())) await jsm.streams.delete(config.name)
  await eventually(() => makeStreams({ nc, jsm }, 1))
}

function makeStreams({ nc, jsm }: Pick<Broker, 'nc' | 'jsm'>, shards: number): Promise<void> {
  return ensureStreams(nc, jsm, { shards, replicas: 1, contentBackstopMs: 3.6e6, eventsMs: 3.6e6 })
}
