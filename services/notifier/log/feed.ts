import { DeliverPolicy } from '@nats-io/jetstream'
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { Broker } from '@postrider/queue/broker'
import { decodeEvents } from '@postrider/queue/event'
import type { QueueEvent } from '@postrider/queue/event'
import { ALL_EVENTS, EVENTS, HELD, HELD_RECORDS, mailStream, newSubject } from '@postrider/queue/names'
import { decodeHeld } from '@postrider/queue/held'
import { RecordUnavailableError, readRecord } from '@postrider/queue/read-record'
import type { ReadRecord } from '@postrider/queue/read-record'
import { decodeRecord, envelopeBytes } from '@postrider/queue/record'
import type { LogWriter } from './apply.ts'
import { lastRecord, watchProgress } from './progress.ts'
import type { LogReader } from './read.ts'
import type { HeldLog } from '../review/held-log.ts'

export interface Feed {
  /** True once everything that was in the streams when the feed began is in the log. */
  readonly caughtUp: boolean
  /** Records that are in the streams but not yet in the log, as of the last one read. */
  readonly lag: number
  stop(): Promise<void>
}

export interface FeedOptions {
  broker: Broker
  shards: number
  writer: LogWriter
  held: HeldLog
  reader: LogReader
  /** Runs in the transaction that writes the event, before it: the log is as it was without the event. */
  beforeEvent?: (event: QueueEvent) => void
  /** Runs in the transaction that writes the event: what follows from it is written with it. */
  onEvent: (event: QueueEvent) => void
  onError: (error: unknown) => void
}

/** Writes that come close together share a transaction. */
const GATHER_MS = 20
const GATHER_MOST = 500
/** Between two tries to open a stream. */
const REOPEN_MS = 200
/** A stream that ends before a record for this long has lost it. Milliseconds. */
const LOST_MS = 60_000
/** A server that sends nothing for two heartbeats is gone, and the consumer with it. */
const CONSUME = { max_messages: 1000, expires: 10_000, idle_heartbeat: 2000 }

/** Keeps the log level with the streams. The position is stored with the content, so each record counts once. */
export function startFeed(options: FeedOptions): Feed {
  const { broker, writer, reader, held, shards } = options
  const streams = [...Array.from({ length: shards }, (_, shard) => mailStream(shard)), HELD, EVENTS]
  const subjectOf = (stream: string): string => {
    if (stream === EVENTS) return ALL_EVENTS
    return stream === HELD ? HELD_RECORDS : newSubject(streams.indexOf(stream))
  }
  const progress = watchProgress(
    (stream) => lastRecord(broker, stream, subjectOf(stream)),
    new Map(streams.map((stream) => [stream, reader.position(stream) - 1])),
  )
  const pendingOf = new Map<string, number>()
  const pending: { stream: string; seq: number; apply: () => void }[] = []
  /** What is read from now, by stream. */
  const open = new Map<string, ConsumerMessages>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const batch = pending.splice(0)
    if (batch.length === 0) return
    writer.transaction(() => {
      const last = new Map<string, number>()
      for (const { stream, seq, apply } of batch) {
        apply()
        last.set(stream, seq)
      }
      for (const [stream, seq] of last) writer.position(stream, seq + 1)
    })
    for (const { stream, seq } of batch) progress.reached(stream, seq)
  }

  function gather(stream: string, seq: number, apply: () => void): void {
    pending.push({ stream, seq, apply })
    if (pending.length >= GATHER_MOST) flush()
    else timer ??= setTimeout(flush, GATHER_MS)
  }

  /** An event can come before the feed has read its message: then the message is fetched for it. */
  async function events(message: JsMsg): Promise<void> {
    const batch = decodeEvents(message.data)
    for (const event of batch) {
      if (!('content' in event) || reader.known(event.id)) continue
      const record = await recordOf(event.content)
      if (record !== undefined) {
        const { envelope, parts } = decodeRecord(record.headers, record.data)
        writer.message(envelope, { ...event.content, parts })
      }
    }
    gather(EVENTS, message.seq, () => {
      for (const event of batch) {
        options.beforeEvent?.(event)
        if (event.type === 'review') held.review(event)
        else writer.event(event)
        options.onEvent(event)
      }
    })
  }

  /** The message of an event; undefined when it is gone. Without it no notice can be owed, so it is waited for. */
  function recordOf({ stream, seq }: { stream: string; seq: number }): Promise<ReadRecord | undefined> {
    return readRecord(broker, stream, seq, LOST_MS).catch((error: unknown) => {
      if (error instanceof RecordUnavailableError && error.beyondEnd) return undefined
      throw error
    })
  }

  /** The consumer sends headers only, and the envelope of some records is in their payload. */
  async function payloadOf(stream: string, message: JsMsg): Promise<Uint8Array> {
    if (envelopeBytes(message.headers) === 0) return message.data
    const record = await readRecord(broker, stream, message.seq)
    return record?.data ?? message.data
  }

  async function mail(stream: string, message: JsMsg): Promise<void> {
    const { envelope, parts } = decodeRecord(message.headers, await payloadOf(stream, message))
    gather(stream, message.seq, () => writer.message(envelope, { stream, seq: message.seq, parts }))
  }

  async function heldMail(message: JsMsg): Promise<void> {
    const { envelope, parts, why } = decodeHeld(message.headers, await payloadOf(HELD, message))
    gather(HELD, message.seq, () => held.held(envelope, why, { stream: HELD, seq: message.seq, parts }))
  }

  async function openAt(stream: string, seq: number): Promise<ConsumerMessages> {
    const consumer = await broker.js.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: seq,
      ...(stream === EVENTS ? {} : { headers_only: true, filter_subjects: subjectOf(stream) }),
    })
    return consumer.consume(CONSUME)
  }

  async function follow(stream: string): Promise<void> {
    let next = reader.position(stream)
    while (!stopped) {
      const messages = await openAt(stream, next).catch(() => undefined)
      if (messages === undefined) {
        // The broker is away, or back and not yet ready.
        await new Promise((resolve) => setTimeout(resolve, REOPEN_MS))
        continue
      }
      open.set(stream, messages)
      try {
        for await (const message of messages) {
          pendingOf.set(stream, message.info.pending)
          // The consumer of a replica that lags begins where that replica ends.
          if (message.seq < next) continue
          await write(stream, message)
          next = message.seq + 1
        }
      } catch (error) {
        messages.stop()
        if (!(error instanceof RecordUnavailableError)) throw error
        // No leader for now. Nothing is passed over: a notice may follow from it.
        await new Promise((resolve) => setTimeout(resolve, REOPEN_MS))
      }
    }
  }

  function write(stream: string, message: JsMsg): Promise<void> {
    if (stream === EVENTS) return events(message)
    return stream === HELD ? heldMail(message) : mail(stream, message)
  }

  // A restarted broker has lost these consumers; by itself the client notices after some seconds of silence.
  broker.onReconnect(() => {
    for (const messages of open.values()) messages.stop()
  })
  for (const stream of streams) {
    follow(stream).catch((error: unknown) => {
      // A record that can't be read or written: not for a retry to mend.
      if (!stopped) options.onError(error)
    })
  }
  return {
    get caughtUp() {
      return progress.caughtUp
    },
    get lag() {
      return [...pendingOf.values()].reduce((sum, count) => sum + count, pending.length)
    },
    async stop() {
      stopped = true
      progress.stop()
      await Promise.all([...open.values()].map((messages) => messages.close()))
      flush()
    },
  }
}
