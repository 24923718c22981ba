import { setTimeout as pause } from 'node:timers/promises'
import { DeliverPolicy } from '@nats-io/jetstream'
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import { ALL_EVENTS, EVENTS, HELD, HELD_RECORDS, mailStream, newSubject } from '@postrider/broker/names'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import type { Trouble } from '@postrider/service/trouble'
import { lastRecord, watchProgress } from './progress.ts'
import { readEntry } from './read-entry.ts'
import type { EntryDependencies } from './read-entry.ts'
import { isDatabaseFault } from './skipped.ts'
import type { Skipped } from './skipped.ts'

export interface Feed {
  /** True once everything that was in the streams when the feed began is in the log. */
  readonly caughtUp: boolean
  /** Records that are in the streams but not yet in the log, as of the last one read. */
  readonly lag: number
  stop(): Promise<void>
}

export interface FeedOptions extends EntryDependencies {
  shards: number
  skipped: Skipped
  /** Hears when a stream cannot be opened, or the ends of the streams cannot be read: both are tried again. */
  troubleOf: (what: string) => Trouble
  /** The database cannot be written. */
  onError: (error: unknown) => void
}

interface Pending {
  stream: string
  seq: number
  write: () => void
}

/** Writes that come close together share a transaction. */
const GATHER_MS = 20
const GATHER_MOST = 500
/** Between two tries to open a stream. */
const REOPEN_MS = 200
/** A server that sends nothing for two heartbeats is gone, and the consumer with it. */
const CONSUME = { max_messages: 1000, expires: 10_000, idle_heartbeat: 2000 }

/** Keeps the log level with the streams. The position is stored with the content, so each record counts once. A record that cannot be read
 * or written is passed over, and remembered in `skipped`. */
export function startFeed(options: FeedOptions): Feed {
  const { broker, writer, reader, skipped, shards } = options
  const streams = [...Array.from({ length: shards }, (_, shard) => mailStream(shard)), HELD, EVENTS]
  const subjectOf = (stream: string): string => {
    if (stream === EVENTS) return ALL_EVENTS
    return stream === HELD ? HELD_RECORDS : newSubject(streams.indexOf(stream))
  }
  const progress = watchProgress(
    (stream) => lastRecord(broker, stream, subjectOf(stream)),
    new Map(streams.map((stream) => [stream, reader.position(stream) - 1])),
    options.troubleOf('ends'),
  )
  const pendingOf = new Map<string, number>()
  const pending: Pending[] = []
  /** What is read from now, by stream. */
  const open = new Map<string, ConsumerMessages>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const batch = pending.splice(0)
    if (batch.length === 0) return
    try {
      writer.transaction(() => {
        const last = new Map<string, number>()
        for (const { stream, seq, write } of batch) {
          write()
          last.set(stream, seq)
        }
        for (const [stream, seq] of last) writer.position(stream, seq + 1)
      })
    } catch (error) {
      writeSingly(batch, error)
    }
    for (const { stream, seq } of batch) progress.reached(stream, seq)
  }

  function gather(stream: string, seq: number, write: () => void): void {
    pending.push({ stream, seq, write })
    if (pending.length >= GATHER_MOST) flush()
    else timer ??= setTimeout(flushLater, GATHER_MS)
  }

  function flushLater(): void {
    try {
      flush()
    } catch (error) {
      if (!stopped) options.onError(error)
    }
  }

  /** Writes what can be written of a batch that failed as a whole, and passes over the rest. */
  function writeSingly(batch: Pending[], failure: unknown): void {
    if (isDatabaseFault(failure)) throw failure
    for (const { stream, seq, write } of batch) {
      try {
        writer.transaction(() => {
          write()
          writer.position(stream, seq + 1)
        })
      } catch (error) {
        if (isDatabaseFault(error)) throw error
        writer.transaction(() => {
          skipped.add(stream, seq, error)
          writer.position(stream, seq + 1)
        })
      }
    }
  }

  async function take(stream: string, message: JsMsg): Promise<void> {
    const { seq, headers, data } = message
    try {
      const { write, error } = await readEntry(stream, { seq, headers, data }, options)
      gather(stream, seq, () => {
        write()
        if (error !== undefined) skipped.add(stream, seq, error)
      })
    } catch (error) {
      if (!(error instanceof BadRecordError || error instanceof NewerRecordError)) throw error
      // A message that cannot be read comes to delivery too, which puts it into the quarantine.
      const isLeft = error instanceof BadRecordError && stream !== HELD && stream !== EVENTS
      gather(stream, seq, () => {
        if (!isLeft) skipped.add(stream, seq, error)
      })
    }
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
    const trouble = options.troubleOf(stream)
    let next = reader.position(stream)
    while (!stopped) {
      const messages = await openAt(stream, next).catch((error: unknown) => {
        // The broker is away, or back and not yet ready.
        trouble.failed(error)
      })
      if (messages === undefined) {
        await pause(REOPEN_MS)
        continue
      }
      trouble.over()
      open.set(stream, messages)
      for await (const message of messages) {
        pendingOf.set(stream, message.info.pending)
        // The consumer of a replica that lags begins where that replica ends.
        if (message.seq < next) continue
        await take(stream, message)
        next = message.seq + 1
      }
    }
  }

  // A restarted broker has lost these consumers; by itself the client notices after some seconds of silence.
  broker.onReconnect(() => {
    for (const messages of open.values()) messages.stop()
  })
  for (const stream of streams) {
    follow(stream).catch((error: unknown) => {
      // The database, not a record: a record that cannot be taken in is passed over.
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
