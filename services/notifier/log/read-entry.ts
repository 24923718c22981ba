import { setTimeout as pause } from 'node:timers/promises'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import { decodeBatch } from '@postrider/queue/decode-events'
import type { QueueEvent } from '@postrider/queue/event'
import { decodeHeld } from '@postrider/queue/held'
import { EVENTS, HELD } from '@postrider/broker/names'
import { RecordUnavailableError, readRecord } from '@postrider/broker/read-record'
import type { ReadRecord } from '@postrider/broker/read-record'
import { decodeRecord, envelopeBytes } from '@postrider/queue/record'
import { isTemporary } from '@postrider/broker/temporary'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import type { LogWriter } from './apply.ts'
import type { LogReader } from './read.ts'
import type { HeldLog } from '../review/held-log.ts'

/** A record as it comes from a stream; without its payload where only headers were asked for. */
export interface LogRecord {
  seq: number
  headers?: MsgHdrs | undefined
  data: Uint8Array
}

export interface EntryDependencies {
  broker: Broker
  writer: LogWriter
  held: HeldLog
  reader: LogReader
  /** Runs in the transaction that writes the event, before it: the log is as it was without the event. */
  beforeEvent?: (event: QueueEvent) => void
  /** Runs in the transaction that writes the event: what follows from it is written with it. */
  onEvent: (event: QueueEvent) => void
}

const AGAIN_MS = 1000
/** A stream that ends before a record for this long has lost it. Milliseconds. */
const LOST_MS = 60_000

/** What a record says: how to write it into the log, and what could not be read of it. */
export interface Entry {
  write: () => void
  error?: unknown
}

/** Reads a record. Throws BadRecordError and NewerRecordError when nothing of it can be read. */
export async function readEntry(stream: string, record: LogRecord, dependencies: EntryDependencies): Promise<Entry> {
  const { broker, writer, held } = dependencies
  const { seq, headers } = record
  if (stream === EVENTS) return readEvents(record.data, dependencies)
  const data = await payloadOf(broker, stream, record)
  if (stream === HELD) {
    const { envelope, parts, why } = decodeHeld(headers, data)
    return { write: () => held.held(envelope, why, { stream, seq, parts }) }
  }
  const { envelope, parts } = decodeRecord(headers, data)
  return { write: () => writer.message(envelope, { stream, seq, parts }) }
}

/** An event can come before the feed has read its message: then the message is fetched for it. */
async function readEvents(data: Uint8Array, dependencies: EntryDependencies): Promise<Entry> {
  const { broker, reader, writer, held, beforeEvent, onEvent } = dependencies
  const { events, errors } = decodeBatch(data)
  for (const event of events) {
    if (!('content' in event) || reader.known(event.id)) continue
    const { stream, seq } = event.content
    const record = await readPatiently(broker, stream, seq)
    if (record !== undefined) writeMessage(writer, stream, seq, record)
  }
  const write = (): void => {
    for (const event of events) {
      beforeEvent?.(event)
      if (event.type === 'review') held.review(event)
      else writer.event(event)
      onEvent(event)
    }
  }
  // A bad event goes to the quarantine with its record; before that, a later release is to read the others.
  return { write, error: errors.find((error) => error instanceof NewerRecordError) ?? errors[0] }
}

/** A record that cannot be read is found again in its own stream, and left to who reads that. */
function writeMessage(writer: LogWriter, stream: string, seq: number, { headers, data }: ReadRecord): void {
  try {
    const { envelope, parts } = decodeRecord(headers, data)
    writer.message(envelope, { stream, seq, parts })
  } catch (error) {
    if (!(error instanceof BadRecordError || error instanceof NewerRecordError)) throw error
  }
}

/** The consumer sends headers only, and the envelope of some records is in their payload. */
async function payloadOf(broker: Broker, stream: string, { seq, headers, data }: LogRecord): Promise<Uint8Array> {
  if (data.length > 0 || envelopeBytes(headers) === 0) return data
  return (await readPatiently(broker, stream, seq))?.data ?? data
}

/** A broker without a leader says nothing about the record: it is asked until it does, as long as the process lives. */
async function readPatiently(broker: Broker, stream: string, seq: number): Promise<ReadRecord | undefined> {
  for (;;) {
    try {
      return await readRecord(broker, stream, seq, LOST_MS)
    } catch (error) {
      if (!(error instanceof RecordUnavailableError) || broker.nc.isClosed()) throw error
      // The stream has lost the record, or the event that names it is wrong: there is no such stream.
      if (!isTemporary(error.cause)) return undefined
      await pause(AGAIN_MS)
    }
  }
}
