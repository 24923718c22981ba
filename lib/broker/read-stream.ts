import { setTimeout as pause } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import type { MsgRequest } from '@nats-io/jetstream'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'

/** A record of a stream as it is stored. */
export interface StreamRecord {
  seq: number
  /** When the broker stored it, milliseconds since the epoch. */
  at: number
  subject: string
  headers: MsgHdrs
  data: Uint8Array
}

/** A stream could not be read up to the requested end. */
export class StreamUnreadableError extends Error {
  override readonly name = 'StreamUnreadableError'
}

/** Where to begin: at a sequence number, or at an ISO time. */
export type StreamStart = { seq: number } | { start_time: string }

const END_OF_BATCH = 204
const NONE_FOUND = 404
const BATCH = 1000
/** Size limit of a batch, in octets; the next batch continues. */
const BATCH_OCTETS = 4 * 1024 * 1024
const ANSWER_MS = 10_000
/** A replica that lags behind the leader usually catches up within some milliseconds. */
const LAG_PAUSE_MS = 20
/** After this long without records, the leader is read directly, one record per request. Milliseconds. */
const LAG_MS = 1000

/** Reads a stream from a sequence number or a time up to the sequence `end`, in order. Uses direct reads, which leave nothing in the
 * broker: a consumer that is not deleted remains for minutes, and a stream has at most a thousand of them. The stream must allow direct
 * reads (ADR-31 of NATS). Since any replica answers them, "no more records" is accepted only from the leader. Throws
 * StreamUnreadableError, and the client library's error when the leader does not answer. */
export async function* readStream(
  broker: Pick<Broker, 'nc'>,
  stream: string,
  from: StreamStart,
  end: number,
): AsyncGenerator<StreamRecord> {
  let next = from
  let emptySince: number | undefined
  for (;;) {
    const records = await readBatch(broker, stream, next)
    if (records.length > 0) emptySince = undefined
    else if (performance.now() < (emptySince ??= performance.now()) + LAG_MS) {
      await pause(LAG_PAUSE_MS)
      continue
    } else {
      const record = await readLeader(broker, stream, next)
      // The records up to `end` have been deleted in the meantime.
      if (record === undefined) return
      records.push(record)
    }
    yield* records
    const last = records.at(-1)?.seq ?? 0
    if (last >= end) return
    next = { seq: last + 1 }
  }
}

/** The next record of the leader; undefined when there is none. */
async function readLeader(
  { nc }: Pick<Broker, 'nc'>,
  stream: string,
  from: StreamStart,
): Promise<StreamRecord | undefined> {
  const { streams } = await jetstreamManager(nc, { timeout: ANSWER_MS, checkAPI: false })
  // The broker accepts both fields together, but the client's types do not have that.
  const query = { ...from, next_by_subj: '>' } as unknown as MsgRequest
  const found = await streams.getMessage(stream, query)
  if (found === null) return undefined
  const { seq, time, subject, header, data } = found
  return { seq, at: time.getTime(), subject, headers: header, data }
}

async function readBatch({ nc }: Pick<Broker, 'nc'>, stream: string, from: StreamStart): Promise<StreamRecord[]> {
  const query = JSON.stringify({ ...from, batch: BATCH, max_bytes: BATCH_OCTETS })
  // Not the `sentinel` strategy: it ends at a record without content, such as a deletion marker.
  const options = { strategy: 'timer', maxWait: ANSWER_MS } as const
  const records: StreamRecord[] = []
  for await (const { headers, data } of await nc.requestMany(`$JS.API.DIRECT.GET.${stream}`, query, options)) {
    const status = headers?.code ?? 0
    if (status === END_OF_BATCH || status === NONE_FOUND) return records
    if (status !== 0)
      throw new StreamUnreadableError(
        `the broker answers ${status} ${headers?.description ?? ''} to a read of ${stream}`,
      )
    if (headers === undefined)
      throw new StreamUnreadableError(`the broker sent something else than a record of ${stream}`)
    const at = Date.parse(headers.get('Nats-Time-Stamp'))
    records.push({ seq: Number(headers.get('Nats-Sequence')), at, subject: headers.get('Nats-Subject'), headers, data })
  }
  throw new StreamUnreadableError(`the broker did not answer a read of ${stream} in ${ANSWER_MS / 1000} s`)
}
