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
  /** True once the log contains everything that was in the streams when the feed started. */
  readonly caughtUp: boolean
  /** Records that are in the streams but not in the log yet, as of the last record that was read. */
  readonly lag: number
  stop(): Promise<void>
}

export interface FeedOptions extends EntryDependencies {
  shards: number
  skipped: Skipped
  /** Reports that a stream cannot be opened, or that the ends of the streams cannot be read. Both are retried. */
  troubleOf: (what: string) => Trouble
  /** Called when the database cannot be read or written; the feed does not continue. */
  onError: (error: unknown) => void
}

interface Pending {
  stream: string
  seq: number
  write: () => void
}

/** Writes within this time share a transaction. Milliseconds. */
const GATHER_MS = 20
/** Writes in one transaction. */
const MAX_GATHERED = 500
/** Delay between two tries to open a stream. Milliseconds. */
const REOPEN_MS = 200
/** A server that sends nothing for two heartbeats is considered lost, and the consumer with it. Milliseconds. */
const CONSUME = { max_messages: 1000, expires: 10_000, idle_heartbeat: 2000 }

/** Follows the streams, and writes their records into the log. The position is stored in the same transaction as the record, so each record
 * counts once. A record that cannot be read or written is skipped, and noted in `skipped`. */
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
  /** Open consumers by stream. */
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
    if (pending.length >= MAX_GATHERED) flush()
    else timer ??= setTimeout(flushLater, GATHER_MS)
  }

  function flushLater(): void {
    try {
      flush()
    } catch (error) {
      if (!stopped) options.onError(error)
    }
  }

  /** Writes the records of a failed batch one by one, and skips those that cannot be written. */
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
      // Delivery reads the same message, and puts it into the quarantine.
      const isLeftToDelivery = error instanceof BadRecordError && stream !== HELD && stream !== EVENTS
      gather(stream, seq, () => {
        if (!isLeftToDelivery) skipped.add(stream, seq, error)
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
        // The broker is unavailable, or not ready yet.
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
        // On a replica that lags, a consumer begins at the end of the replica, which may be before `next`.
        if (message.seq < next) continue
        await take(stream, message)
        next = message.seq + 1
      }
    }
  }

  // A restarted broker has lost these consumers. Without this, the client would notice only after some seconds of silence.
  broker.onReconnect(() => {
    for (const messages of open.values()) messages.stop()
  })
  for (const stream of streams) {
    follow(stream).catch((error: unknown) => {
      // A fault of the database: a record that cannot be read or written is skipped instead.
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
