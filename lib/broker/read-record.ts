import { setTimeout as pause } from 'node:timers/promises'
import type { JetStreamManager } from '@nats-io/jetstream'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'
import { isTemporary } from './temporary.ts'

/** The headers and data of a record. */
export interface ReadRecord {
  headers: MsgHdrs
  data: Uint8Array
}

/** Whether the record exists is unknown at the moment: the stream has no leader, or the broker does not answer. */
export class RecordUnavailableError extends Error {
  override readonly name = 'RecordUnavailableError'
  readonly stream: string
  readonly seq: number
  /** The stream has a leader and ends before the record. When this persists, the stream itself was lost. */
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
/** The servers elect a new leader of a stream 4 to 9 seconds after the previous one was lost (nats-server, raft.go). Milliseconds. */
export const ELECTION_MS = 20_000

/**
 * Reads a record by its sequence number. Returns undefined when the record was deleted.
 *
 * Any replica of the stream answers a direct read, and a replica that lags behind the leader answers "not found" for a record that exists.
 * So "not found" counts only from the leader, and only when its stream has reached that sequence: a leader that is cut off from the other
 * servers does not know that it was replaced. Throws RecordUnavailableError when there is no such answer for `patienceMs` milliseconds.
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

/** Null when the replica does not have the record or did not answer; then the leader is asked. */
async function fromReplica(reader: JetStreamManager, stream: string, seq: number) {
  try {
    return await reader.direct.getMessage(stream, { seq })
  } catch (error) {
    if (!isTemporary(error)) throw error
    return null
  }
}
