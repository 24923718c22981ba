import { createHash } from 'node:crypto'
import { mailStream, newSubject, partSubject } from '@postrider/broker/names'

/** Derives the stream of a message from its id, so that the broker recognizes a message that is stored again and stores it once. */
export const shardOf = (id: string, shards: number): number =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % shards

/** Where a message is written to. */
export interface Place {
  stream: string
  recordSubject: string
  partSubject: string
}

export const mailPlace = (shard: number): Place => ({
  stream: mailStream(shard),
  recordSubject: newSubject(shard),
  partSubject: partSubject(shard),
})
