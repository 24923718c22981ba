import type { QuarantineDecided } from '@postrider/message-log/quarantine'
import { eraseContent } from '@postrider/queue/content'
import { defer, enqueueAgain } from '@postrider/queue/defer'
import type { CancelEvent } from '@postrider/queue/event'
import { decodeEvents } from '@postrider/queue/decode-events'
import { EVENTS, QUARANTINE } from '@postrider/broker/names'
import type { EventLog } from '@postrider/queue/publish-events'
import type { QuarantineNote } from '@postrider/queue/quarantine'
import { readRecord } from '@postrider/broker/read-record'
import { decodeRecord, partsOf } from '@postrider/queue/record'
import { decodeJob } from '@postrider/queue/job'
import type { Job } from '@postrider/queue/job'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import { destinationsOf } from '@postrider/queue/take'
import type { EntryDependencies } from '../log/read-entry.ts'
import { owedNotice } from '../notice/decide.ts'
import { RecordGoneError, replay } from './skips.ts'
import { findQuarantined } from './stored.ts'
import type { Quarantined } from './stored.ts'

export interface QuarantineDependencies extends EntryDependencies {
  events: EventLog
  decided: (decision: 'retried' | 'dropped', number: number, note: QuarantineNote | undefined) => void
  now?: () => number
}

/** The record cannot be retried, for instance because its origin is unknown. */
class NoRetryError extends Error {
  override readonly name = 'NoRetryError'
}

/** Carries out decisions about records in the quarantine, one at a time. A record is deleted from the quarantine only after the effects of
 * the decision are on disk, and each step is idempotent: after a crash in between, the record is still there and can be decided about
 * again. */
export function createQuarantineDecisions(dependencies: QuarantineDependencies) {
  const { broker, decided } = dependencies
  let last: Promise<unknown> = Promise.resolve()

  async function decide(
    number: number,
    decision: 'retried' | 'dropped',
    act: (record: Quarantined, dependencies: QuarantineDependencies) => Promise<void>,
  ): Promise<QuarantineDecided> {
    const record = await findQuarantined(broker, number)
    if (record === undefined) return { unknown: true }
    try {
      await act(record, dependencies)
    } catch (error) {
      if (isAboutTheRecord(error)) return { failed: error.message }
      throw error
    }
    dependencies.writer.sync()
    await broker.jsm.streams.deleteMessage(QUARANTINE, number, false)
    decided(decision, number, record.note)
    return { done: decision, id: record.note?.id }
  }

  /** Runs one decision after the other, so that two requests for a record put it back only once. */
  function oneAtATime<T>(run: () => Promise<T>): Promise<T> {
    const result = last.then(run)
    last = result.catch(() => undefined)
    return result
  }

  return {
    retry: (number: number): Promise<QuarantineDecided> => oneAtATime(() => decide(number, 'retried', retry)),
    drop: (number: number): Promise<QuarantineDecided> => oneAtATime(() => decide(number, 'dropped', drop)),
  }
}
export type QuarantineDecisions = ReturnType<typeof createQuarantineDecisions>

const isAboutTheRecord = (error: unknown): error is Error =>
  error instanceof BadRecordError ||
  error instanceof NewerRecordError ||
  error instanceof RecordGoneError ||
  error instanceof NoRetryError

async function retry({ number, note, data }: Quarantined, dependencies: QuarantineDependencies): Promise<void> {
  const { broker, writer, events, now = Date.now } = dependencies
  if (note === undefined) throw new NoRetryError('its note cannot be read, so its origin is unknown; drop it')
  switch (note.kind) {
    case 'message':
      return enqueueAgain(broker, await messageJob(note, dependencies), number)
    case 'job':
      return enqueueAgain(broker, decodeJob(data), number)
    case 'deferral':
      return defer(broker, { ...decodeJob(data), again: true }, Math.max(now(), note.dueAt ?? 0))
    case 'held':
    case 'events':
    case 'entry': {
      const { stream, seq } = originOf(note)
      return replay(stream, seq, dependencies)
    }
    case 'event':
      for (const event of decodeEvents(asBatch(data))) await events.append(event)
      return
    case 'notice': {
      const { id, of, notice } = owedNotice(data)
      writer.queueNotice(id, of, notice)
      return
    }
    case 'value':
      throw new NoRetryError(
        'this entry is read again when it changes: correct the resource it comes from, then drop this record',
      )
  }
}

/** Removes what the record stands for. If the envelope of a message can be read, its recipients are recorded as cancelled. */
async function drop({ note, data }: Quarantined, dependencies: QuarantineDependencies): Promise<void> {
  const { broker, events, now = Date.now } = dependencies
  if (note === undefined) return
  const { kind } = note
  if (kind === 'job' || kind === 'deferral' || kind === 'message') {
    const job = await readable(() => (kind === 'message' ? messageJob(note, dependencies) : decodeJob(data)))
    if (job !== undefined) {
      await events.append(cancelled(job, now()))
      return
    }
  }
  // The original record would be found again when the log is rebuilt.
  if ((kind === 'message' || kind === 'held') && note.origin !== undefined) {
    await discardParts(note.origin, dependencies)
    await eraseContent(broker, { ...note.origin, parts: [] })
  }
  if (kind === 'events' && note.origin !== undefined)
    await eraseContent(broker, { stream: EVENTS, seq: note.origin.seq, parts: [] })
}

/** Has the parts of an unreadable record deleted. They are discarded, which checks that each belongs to this message, because the record
 * may name anything. */
async function discardParts(
  { stream, seq }: { stream: string; seq: number },
  { broker, events, now = Date.now }: QuarantineDependencies,
): Promise<void> {
  const record = await readRecord(broker, stream, seq)
  const id = record?.headers.get('Nats-Msg-Id') ?? ''
  const parts = (await readable(() => partsOf(record?.headers))) ?? []
  if (id !== '' && parts.length > 0) await events.append({ type: 'discard', at: now(), id, stream, parts })
}

/** The job of a message that delivery could not read. Writes the message into the log as well. */
async function messageJob(note: QuarantineNote, dependencies: QuarantineDependencies): Promise<Job> {
  const { stream, seq } = originOf(note)
  const record = await readRecord(dependencies.broker, stream, seq)
  if (record === undefined) throw new RecordGoneError(stream, seq)
  const { envelope, parts } = decodeRecord(record.headers, record.data)
  await replay(stream, seq, dependencies)
  const [destination = ''] = destinationsOf(envelope.recipients)
  return { envelope, part: 0, attempt: 0, destination, content: { stream, seq, parts } }
}

function originOf({ origin }: QuarantineNote): { stream: string; seq: number } {
  if (origin === undefined) throw new NoRetryError('its note does not say where it was stored; drop it')
  return origin
}

/** Undefined if the record cannot be read. */
async function readable<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isAboutTheRecord(error)) return undefined
    throw error
  }
}

const cancelled = ({ envelope, part, destination, content }: Job, at: number): CancelEvent => ({
  type: 'cancel',
  at,
  id: envelope.id,
  part,
  destination,
  content,
  recipients: envelope.recipients.map(({ address }) => address),
})

const asBatch = (event: Uint8Array): Uint8Array => Buffer.concat([Buffer.from('['), event, Buffer.from(']')])
