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

const MAX_A_TURN = 100

const kindOf = (stream: string): QuarantineKind => (stream === HELD ? 'held' : stream === EVENTS ? 'events' : 'entry')

/** Puts what the log passed over into the quarantine. What a later release wrote is left where it is. */
export async function quarantineSkipped({ broker, skipped, quarantined }: SkipsOptions): Promise<void> {
  for (const record of skipped.list(false, MAX_A_TURN)) {
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

/** Reads again what a later release wrote: perhaps this process is of that release now. A record that still cannot be read waits longer each
 * time, and those after it have their turn. */
export function createSkippedReader(options: SkipsOptions): () => Promise<void> {
  const { skipped } = options
  const backOff = new BackOff()
  return async () => {
    for (const { stream, seq } of skipped.list(true, MAX_A_TURN + backOff.size)) {
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

/** The record lies there no longer. */
export class RecordGoneError extends Error {
  override readonly name = 'RecordGoneError'
  constructor(stream: string, seq: number) {
    super(`the record ${seq} of ${stream} was deleted`)
  }
}

/** Takes a record into the log. Of one that a later release wrote in part, nothing is written: the rest was taken in when the log passed
 * over it, and would count again. Throws BadRecordError, NewerRecordError, RecordGoneError. */
export async function replay(stream: string, seq: number, dependencies: EntryDependencies): Promise<void> {
  const stored = await readRecord(dependencies.broker, stream, seq)
  if (stored === undefined) throw new RecordGoneError(stream, seq)
  const { write, error } = await readEntry(stream, { seq, ...stored }, dependencies)
  if (error instanceof NewerRecordError) throw error
  dependencies.writer.transaction(write)
  if (error instanceof Error) throw error
}
