import type { JetStreamManager } from '@nats-io/jetstream'

/** The last revision of a bucket, as its leader knows it; 0 for an empty bucket. The watch itself is not enough to tell when all entries
 * have been read: any replica serves it, and a replica that is refilled after it lost its disk reports nothing pending while half of
 * the bucket is missing. */
export async function lastRevision(jsm: JetStreamManager, bucket: string): Promise<number> {
  const { state } = await jsm.streams.info(`KV_${bucket}`)
  return state.messages === 0 ? 0 : state.last_seq
}
