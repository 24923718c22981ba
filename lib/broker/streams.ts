import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import type { ConsumerConfig, JetStreamManager, StreamConfig } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { nanos } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { DAY_MS } from '@postrider/time/day'
import {
  BEGUN_BUCKET,
  CODES_BUCKET,
  CONFIG_BUCKET,
  DELIVERY_CONSUMER,
  DUE_SUBJECT,
  EVENTS,
  HELD,
  JOBS,
  QUARANTINE,
  CANCELLED_BUCKET,
  REPUTATION_BUCKET,
  USE_BUCKET,
  mailStream,
  newSubject,
  partSubject,
} from './names.ts'

export interface Layout {
  /** Number of MAIL streams. More streams allow more publishes a second (3.7k on one, 7.4k on four, each synced). Must never be reduced
   * later. */
  shards: number
  /** Copies of each stream in a broker cluster. */
  replicas: number
  /** Maximum age of content in a stream, in case nothing erased it. Milliseconds. */
  contentBackstopMs: number
  /** How long events are kept, and so how far back the message log can be rebuilt. Milliseconds. */
  eventsMs: number
}

/** A job that is neither acknowledged nor renewed for this long is delivered to another worker. Milliseconds. */
export const ACK_WAIT_MS = 30_000

/** Bounds of the quarantine. It is normally empty; an alert fires when it is not. */
const MAX_QUARANTINED = 10_000
const MAX_QUARANTINE_BYTES = 256 * 1024 * 1024

/** How long a cancellation is kept: longer than a message can wait for its first attempt, which is the longest release time plus five
 * days, and far longer than a job that was not acknowledged waits for a worker. Milliseconds. */
const CANCELLED_MS = 60 * DAY_MS

/** The broker's duplicate window: repeated publishes of the same id within this time are stored once. Milliseconds. */
export const DUPLICATE_WINDOW_MS = 120_000

/** Creates or updates streams, consumers and buckets. Idempotent. Called by the owner of the platform (the operator or standalone mode),
 * never by a service. */
export async function ensureStreams(nc: NatsConnection, jsm: JetStreamManager, layout: Layout): Promise<void> {
  for (let shard = 0; shard < layout.shards; shard++) {
    await ensureStream(jsm, {
      name: mailStream(shard),
      subjects: [newSubject(shard), partSubject(shard)],
      retention: RetentionPolicy.Limits,
      max_age: nanos(layout.contentBackstopMs),
      num_replicas: layout.replicas,
      allow_direct: true,
    })
    await ensureConsumer(jsm, mailStream(shard), newSubject(shard))
  }
  await ensureStream(jsm, {
    name: HELD,
    subjects: ['held.>'],
    retention: RetentionPolicy.Limits,
    max_age: nanos(layout.contentBackstopMs),
    num_replicas: layout.replicas,
    allow_direct: true,
  })
  await ensureStream(jsm, {
    name: JOBS,
    subjects: ['job.>'],
    retention: RetentionPolicy.Workqueue,
    // The broker requires this for schedules; without size limits nothing is ever discarded.
    discard: DiscardPolicy.Old,
    num_replicas: layout.replicas,
    allow_direct: true,
    allow_msg_schedules: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
    deny_purge: false,
  })
  await ensureConsumer(jsm, JOBS, DUE_SUBJECT)
  await ensureStream(jsm, {
    name: EVENTS,
    subjects: ['event.>'],
    retention: RetentionPolicy.Limits,
    max_age: nanos(layout.eventsMs),
    num_replicas: layout.replicas,
    allow_direct: true,
  })
  await ensureStream(jsm, {
    name: QUARANTINE,
    subjects: ['quarantine.>'],
    retention: RetentionPolicy.Limits,
    // When the quarantine is full, new records stay where they are: the oldest record in it may be a message.
    discard: DiscardPolicy.New,
    max_msgs: MAX_QUARANTINED,
    max_bytes: MAX_QUARANTINE_BYTES,
    num_replicas: layout.replicas,
    allow_direct: true,
  })
  const kvm = new Kvm(nc)
  await kvm.create(CONFIG_BUCKET, { history: 1, replicas: layout.replicas })
  await kvm.create(USE_BUCKET, { history: 1, replicas: layout.replicas })
  // Codes are counted per day.
  await kvm.create(CODES_BUCKET, { history: 1, replicas: layout.replicas, ttl: 2 * DAY_MS })
  await kvm.create(BEGUN_BUCKET, { history: 1, replicas: layout.replicas, ttl: DAY_MS })
  await kvm.create(CANCELLED_BUCKET, { history: 1, replicas: layout.replicas, ttl: CANCELLED_MS })
  await kvm.create(REPUTATION_BUCKET, { history: 1, replicas: layout.replicas })
}

async function ensureStream(jsm: JetStreamManager, config: Partial<StreamConfig> & { name: string }): Promise<void> {
  const full = {
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    ...config,
  }
  const present = await jsm.streams.info(config.name).catch(undefinedIfMissing)
  if (present === undefined) await jsm.streams.add(full)
  else await jsm.streams.update(config.name, full)
}

async function ensureConsumer(jsm: JetStreamManager, stream: string, filter: string): Promise<void> {
  const config: Partial<ConsumerConfig> & { durable_name: string } = {
    durable_name: DELIVERY_CONSUMER,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    // Not bounded: jobs of a busy site are given back with a delay, and would block the jobs of other sites.
    max_ack_pending: -1,
    max_deliver: -1,
    filter_subject: filter,
  }
  const present = await jsm.consumers.info(stream, DELIVERY_CONSUMER).catch(undefinedIfMissing)
  if (present === undefined) await jsm.consumers.add(stream, config)
  else await jsm.consumers.update(stream, DELIVERY_CONSUMER, config)
}

/** For a `catch`: returns undefined when the broker answers that the stream or consumer does not exist. Rethrows anything else, since a
 * stream without a leader exists all the same. */
export function undefinedIfMissing(error: unknown): undefined {
  const codes: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound]
  if (error instanceof JetStreamApiError && codes.includes(error.code)) return undefined
  throw error
}
