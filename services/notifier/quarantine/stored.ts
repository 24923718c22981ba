import type { Broker } from '@postrider/broker/connection'
import { QUARANTINE } from '@postrider/broker/names'
import { decodeNote } from '@postrider/queue/quarantine'
import type { QuarantineNote } from '@postrider/queue/quarantine'
import { readRecord } from '@postrider/broker/read-record'
import { readStream } from '@postrider/broker/read-stream'

/** A record in the quarantine. */
export interface Quarantined {
  /** Sequence number in the stream QUARANTINE. */
  number: number
  /** Undefined if not even the note can be read. */
  note: QuarantineNote | undefined
  data: Uint8Array
}

export interface QuarantineCount {
  /** Records in the quarantine. */
  present: number
  /** Records that were ever put into the quarantine. */
  arrived: number
}

export async function countQuarantined({ jsm }: Pick<Broker, 'jsm'>): Promise<QuarantineCount> {
  const { state } = await jsm.streams.info(QUARANTINE)
  return { present: state.messages, arrived: state.last_seq }
}

/** The oldest records, up to `limit`, without their data. */
export async function listQuarantined(broker: Broker, limit: number): Promise<Omit<Quarantined, 'data'>[]> {
  const { state } = await broker.jsm.streams.info(QUARANTINE)
  const found: Omit<Quarantined, 'data'>[] = []
  if (state.messages === 0) return found
  for await (const { seq, headers } of readStream(broker, QUARANTINE, { seq: 1 }, state.last_seq)) {
    found.push({ number: seq, note: noteIn(headers) })
    if (found.length >= limit) break
  }
  return found
}

export async function findQuarantined(broker: Broker, number: number): Promise<Quarantined | undefined> {
  const record = await readRecord(broker, QUARANTINE, number)
  return record === undefined ? undefined : { number, note: noteIn(record.headers), data: record.data }
}

function noteIn(headers: Parameters<typeof decodeNote>[0]): QuarantineNote | undefined {
  try {
    return decodeNote(headers)
  } catch {
    // An administrator sees a record without a note, and can drop it.
    return undefined
  }
}
