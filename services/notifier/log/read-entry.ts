import { setTimeout as pause } from 'node:timers/promises'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import type { ContentRef } from '@postrider/queue/content-ref'
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

/** A record of a stream. `data` is empty if the consumer requested headers only. */
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
  /** Runs in the transaction that writes the event, before the event is written. Like `onEvent`, it only gets the outcomes that count. */
  beforeEvent?: (event: QueueEvent) => void
  /** Runs in the transaction that writes the event, after the event is written, for writes that follow from it. */
  onEvent: (event: QueueEvent) => void
}

/** Delay before a record is requested again. Milliseconds. */
const AGAIN_MS = 1000
/** If a stream ends before a record for this long, the record is lost. Milliseconds. */
const LOST_MS = 60_000

/** A record that was read. */
export interface Entry {
  /** Writes the record into the log. */
  write: () => void
  /** Why a part of the record could not be read. */
  error?: unknown
}

/** Reads a record. Throws BadRecordError or NewerRecordError if no part of it can be read. */
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

/** Reads a batch of events. If an event comes before its message, the message is read as well. If a later release wrote that message, its
 * event is not written either, but left for that release like the message: without the envelope, no notice would follow from it. */
async function readEvents(data: Uint8Array, dependencies: EntryDependencies): Promise<Entry> {
  const { reader, writer, held, beforeEvent, onEvent } = dependencies
  const { events: decoded, errors } = decodeBatch(data)
  const events: QueueEvent[] = []
  for (const event of decoded) {
    const newer =
      'content' in event && !reader.known(event.id) ? await bringMessage(event.content, dependencies) : undefined
    if (newer === undefined) events.push(event)
    else errors.push(newer)
  }
  const write = (): void => {
    for (const event of events) {
      const counted = reader.counted(event)
      beforeEvent?.(counted)
      if (event.type === 'review') held.review(event)
      else writer.event(event, counted)
      onEvent(counted)
    }
  }
  // A record with a bad event goes to the quarantine, but not before a later release has read the events of its format.
  return { write, error: errors.find((error) => error instanceof NewerRecordError) ?? errors[0] }
}

/** Writes the message of an event. If its record cannot be read, the feed of its own stream handles it. Resolves with the error if a later
 * release wrote the record. */
async function bringMessage(
  { stream, seq }: ContentRef,
  { broker, writer }: EntryDependencies,
): Promise<NewerRecordError | undefined> {
  const record = await readPatiently(broker, stream, seq)
  if (record === undefined) return undefined
  try {
    const { envelope, parts } = decodeRecord(record.headers, record.data)
    writer.message(envelope, { stream, seq, parts })
  } catch (error) {
    if (error instanceof NewerRecordError) return error
    if (!(error instanceof BadRecordError)) throw error
  }
  return undefined
}

/** The payload of a record whose envelope is in the payload, because the consumer delivers headers only. */
async function payloadOf(broker: Broker, stream: string, { seq, headers, data }: LogRecord): Promise<Uint8Array> {
  if (data.length > 0 || envelopeBytes(headers) === 0) return data
  return (await readPatiently(broker, stream, seq))?.data ?? data
}

/** Reads a record, and retries until the broker answers, because without a leader it cannot tell whether the record exists. Undefined if
 * the record does not exist. Rejects when the connection is closed. */
async function readPatiently(broker: Broker, stream: string, seq: number): Promise<ReadRecord | undefined> {
  for (;;) {
    try {
      return await readRecord(broker, stream, seq, LOST_MS)
    } catch (error) {
      if (!(error instanceof RecordUnavailableError) || broker.nc.isClosed()) throw error
      // The stream has lost the record, or it does not exist because the event names the wrong one.
      if (!isTemporary(error.cause)) return undefined
      await pause(AGAIN_MS)
    }
  }
}
