import { HELD, EVENTS } from '@postrider/broker/names'
import type { Broker } from '@postrider/broker/connection'
import { quarantine } from '@postrider/queue/quarantine'
import type { QuarantineKind } from '@postrider/queue/quarantine'
import { readRecord } from '@postrider/broker/read-record'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import { BackOff } from '../back-off.ts'
import type { LogWriter } from '../log/apply.ts'
import type { EntryDependencies } from '../log/read-entry.ts'
import { readEntry } from '../log/read-entry.ts'
import type { Skipped, SkippedRecord } from '../log/skipped.ts'

export interface SkipsOptions extends EntryDependencies {
  broker: Broker
  writer: LogWriter
  skipped: Skipped
  quarantined: (record: SkippedRecord) => void
}

/** Records that are handled at each call. */
const MAX_PER_CALL = 100

const kindOf = (stream: string): QuarantineKind => (stream === HELD ? 'held' : stream === EVENTS ? 'events' : 'entry')

/** Puts the records that the log skipped into the quarantine, except those that a later release wrote. */
export async function quarantineSkipped({ broker, skipped, quarantined }: SkipsOptions): Promise<void> {
  for (const record of skipped.list(false, MAX_PER_CALL)) {
    const { stream, seq, reason } = record
    const stored = await readRecord(broker, stream, seq)
    if (stored !== undefined) {
      const kind = kindOf(stream)
      const name = kind === 'entry' ? { name: `${stream}/${seq}` } : {}
      await quarantine(broker, { kind, error: reason, origin: { stream, seq }, ...name, ...stored })
      quarantined(record)
    }
    skipped.remove(stream, seq)
  }
}

/** Returns a function that reads the skipped records of a later release again, because this process may be of that release now. A record
 * that still cannot be read waits longer each time, without delaying the others. */
export function createSkippedReader(options: SkipsOptions): () => Promise<void> {
  const { skipped } = options
  const backOff = new BackOff()
  return async () => {
    for (const { stream, seq } of skipped.list(true, MAX_PER_CALL + backOff.size)) {
      const key = `${stream}/${seq}`
      if (!backOff.isDue(key)) continue
      try {
        await replay(stream, seq, options)
        skipped.remove(stream, seq)
        backOff.done(key)
      } catch (error) {
        if (error instanceof NewerRecordError) backOff.failed(key)
        else {
          if (error instanceof RecordGoneError) skipped.remove(stream, seq)
          else if (error instanceof BadRecordError) skipped.add(stream, seq, error)
          else {
            backOff.failed(key)
            throw error
          }
          backOff.done(key)
        }
      }
    }
  }
}

/** The record was deleted from its stream. */
export class RecordGoneError extends Error {
  override readonly name = 'RecordGoneError'
  constructor(stream: string, seq: number) {
    super(`the record ${seq} of ${stream} was deleted`)
  }
}

/** Reads a record again, and writes it into the log. If a part of the record is of a later release, nothing is written: the other parts
 * were written when the record was skipped. If a part is malformed, the others are written, because some of them may be readable only since
 * an upgrade; those that were written before do not count again. Throws BadRecordError, NewerRecordError or RecordGoneError. */
export async function replay(stream: string, seq: number, dependencies: EntryDependencies): Promise<void> {
  const stored = await readRecord(dependencies.broker, stream, seq)
  if (stored === undefined) throw new RecordGoneError(stream, seq)
  const { write, error } = await readEntry(stream, { seq, ...stored }, dependencies)
  if (error instanceof NewerRecordError) throw error
  dependencies.writer.transaction(write)
  if (error instanceof Error) throw error
}
