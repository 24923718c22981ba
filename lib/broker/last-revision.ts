import type { JetStreamManager } from '@nats-io/jetstream'

/**
 * The revision that a bucket has come to, as its leader knows; 0 for an empty one. A watch is served by any replica, and one that
 * is filled again after its disk was lost has nothing pending while half of the bucket is missing.
 */
export async function lastRevision(jsm: JetStreamManager, bucket: string): Promise<number> {
  const { state } = await jsm.streams.info(`KV_${bucket}`)
  return state.messages === 0 ? 0 : state.last_seq
}
