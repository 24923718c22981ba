import type { MsgHdrs } from '@nats-io/transport-node'
import type { Broker } from './broker.ts'

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
export class StreamUnreadable extends Error {
  override readonly name = 'StreamUnreadable'
}

/** Where to begin: a sequence number, or an ISO time. */
export type StreamStart = { seq: number } | { start_time: string }

const END_OF_BATCH = 204
const NONE_FOUND = 404
const BATCH = 1000
/** A batch of this many octets is cut there; the next one goes on. */
const BATCH_OCTETS = 4 * 1024 * 1024
const ANSWER_MS = 10_000
/** A copy of the stream that lags behind its leader catches up within some milliseconds. */
const LAG_PAUSE_MS = 20
const LAG_MS = 5000

/** Reads a stream from a sequence number or a time up to `end`, in order. By direct reads, which leave nothing behind in the
 * broker: a consumer that nobody deletes stays for minutes, and a stream has room for a thousand of them. The stream must
 * allow direct reads (ADR-31 of NATS), and the record at `end` must be there. Throws StreamUnreadable. */
export async function* readStream(
  broker: Pick<Broker, 'nc'>,
  stream: string,
  from: StreamStart,
  end: number,
): AsyncGenerator<StreamRecord> {
  let next = from
  let lagUntil: number | undefined
  for (;;) {
    const records = await readBatch(broker, stream, next)
    yield* records
    const last = records.at(-1)?.seq
    if (last !== undefined && last >= end) return
    if (last !== undefined) next = { seq: last + 1 }
    else {
      // Not yet copied to the server that answered.
      lagUntil ??= Date.now() + LAG_MS
      if (Date.now() > lagUntil) throw new StreamUnreadable(`${stream} has no record ${end} that can be read`)
      await new Promise((resolve) => setTimeout(resolve, LAG_PAUSE_MS))
    }
  }
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
      throw new StreamUnreadable(`the broker answers ${status} ${headers?.description ?? ''} to a read of ${stream}`)
    if (headers === undefined) throw new StreamUnreadable(`the broker sent something else than a record of ${stream}`)
    const at = Date.parse(headers.get('Nats-Time-Stamp'))
    records.push({ seq: Number(headers.get('Nats-Sequence')), at, subject: headers.get('Nats-Subject'), headers, data })
  }
  throw new StreamUnreadable(`the broker did not answer a read of ${stream} in ${ANSWER_MS / 1000} s`)
}
