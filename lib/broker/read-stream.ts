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

/** A stream could not be read to the end asked for. */
export class StreamUnreadableError extends Error {
  override readonly name = 'StreamUnreadableError'
}

/** Where to begin: a sequence number, or an ISO time. */
export type StreamStart = { seq: number } | { start_time: string }

const END_OF_BATCH = 204
const NONE_FOUND = 404
const BATCH = 1000
/** A batch of this many octets is cut there; the next one goes on. */
const BATCH_OCTETS = 4 * 1024 * 1024
const ANSWER_MS = 10_000
/** A copy of the stream that lags behind its leader usually catches up within some milliseconds. */
const LAG_PAUSE_MS = 20
/** After this long the leader is read itself, one record a request. */
const LAG_MS = 1000

/** Reads a stream from a sequence number or a time up to `end`, in order. By direct reads, which leave nothing behind in the
 * broker: a consumer that nobody deletes stays for minutes, and a stream has room for a thousand of them. The stream must
 * allow direct reads (ADR-31 of NATS). Any replica answers them, so that "no more" is believed of the leader only.
 * Throws StreamUnreadableError, and what the client library throws when the leader does not answer. */
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
      // What was there up to `end` has been deleted meanwhile.
      if (record === undefined) return
      records.push(record)
    }
    yield* records
    const last = records.at(-1)?.seq ?? 0
    if (last >= end) return
    next = { seq: last + 1 }
  }
}

/** The next record that the leader has; undefined when there is none. */
async function readLeader(
  { nc }: Pick<Broker, 'nc'>,
  stream: string,
  from: StreamStart,
): Promise<StreamRecord | undefined> {
  const { streams } = await jetstreamManager(nc, { timeout: ANSWER_MS, checkAPI: false })
  // The broker takes the two together, which the client's types leave out.
  const query = { ...from, next_by_subj: '>' } as unknown as MsgRequest
  const found = await streams.getMessage(stream, query)
  if (found === null) return undefined
  const { seq, time, subject, header, data } = found
  return { seq, at: time.getTime(), subject, headers: header, data }
}

async function readBatch({ nc }: Pick<Broker, 'nc'>, stream: string, from: StreamStart): Promise<StreamRecord[]> {
  const query = JSON.stringify({ ...from, batch: BATCH, max_bytes: BATCH_OCTETS })
  // Not by `sentinel`, which takes a record without content, as a marker of a deletion is, for the end.
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
