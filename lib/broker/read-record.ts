import { setTimeout as pause } from 'node:timers/promises'
import type { JetStreamManager } from '@nats-io/jetstream'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'
import { isTemporary } from './temporary.ts'

/** A record of a stream, without its place. */
export interface ReadRecord {
  headers: MsgHdrs
  data: Uint8Array
}

/** It is not known at the moment whether a record exists: the stream has no leader, or the broker does not answer. */
export class RecordUnavailableError extends Error {
  override readonly name = 'RecordUnavailableError'
  readonly stream: string
  readonly seq: number
  /** The stream has a leader, and ends before the record: for long only after the stream itself was lost. */
  readonly beyondEnd: boolean
  constructor(stream: string, seq: number, cause: unknown) {
    super(`record ${seq} of ${stream} cannot be read at the moment`, { cause })
    this.stream = stream
    this.seq = seq
    this.beyondEnd = cause === NOT_REACHED
  }
}

/** Milliseconds. */
const RETRY_MS = 200
/** Servers elect the leader of a stream 4 to 9 seconds after the last one was lost (nats-server, raft.go). Milliseconds. */
export const ELECTION_MS = 20_000

/**
 * Reads a record by its sequence number; undefined means that it was deleted.
 *
 * Any replica of the stream answers a direct read, and one that lags behind its leader says "not found" of what exists. So only the
 * leader is believed, and only when its stream has reached that sequence: a leader cut off from the others does not know that
 * it was replaced. Without such an answer for `patienceMs` it throws RecordUnavailableError.
 */
export async function readRecord(
  { impatient: reader }: Pick<Broker, 'impatient'>,
  stream: string,
  seq: number,
  patienceMs: number = ELECTION_MS,
): Promise<ReadRecord | undefined> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const answer = await ask(reader, stream, seq).catch((cause: unknown) => ({ unknown: cause }))
    if (answer === undefined || !('unknown' in answer)) return answer
    const hopeless = answer.unknown !== NOT_REACHED && !isTemporary(answer.unknown)
    if (hopeless || performance.now() >= deadline) throw new RecordUnavailableError(stream, seq, answer.unknown)
    await pause(RETRY_MS)
  }
}

/** The leader's stream ends before the record. */
const NOT_REACHED = new Error('the leader of the stream has not reached this record')

async function ask(
  reader: JetStreamManager,
  stream: string,
  seq: number,
): Promise<ReadRecord | undefined | { unknown: unknown }> {
  const found = (await fromReplica(reader, stream, seq)) ?? (await reader.streams.getMessage(stream, { seq }))
  if (found !== null) return { headers: found.header, data: found.data }
  const { state } = await reader.streams.info(stream)
  return state.last_seq >= seq ? undefined : { unknown: NOT_REACHED }
}

/** Null when the replica that answered does not have it; the leader is asked then, as after no answer. */
async function fromReplica(reader: JetStreamManager, stream: string, seq: number) {
  try {
    return await reader.direct.getMessage(stream, { seq })
  } catch (error) {
    if (!isTemporary(error)) throw error
    return null
  }
}
