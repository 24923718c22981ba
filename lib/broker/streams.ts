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
  /** MAIL streams; more take more publishes a second (3.7k on one, 7.4k on four, each synced). Never fewer later. */
  shards: number
  /** Copies of each stream in a broker cluster. */
  replicas: number
  /** After this long content goes even when nobody erased it. Milliseconds. */
  contentBackstopMs: number
  /** How long events stay; the message log can be rebuilt as far back. Milliseconds. */
  eventsMs: number
}

/** A job that nobody finished or renewed in this time is given to another worker. Milliseconds. */
export const ACK_WAIT_MS = 30_000

/** Bounds of the quarantine. It is empty while all is well, and an alert tells when it is not. */
const MAX_QUARANTINED = 10_000
const MAX_QUARANTINE_BYTES = 256 * 1024 * 1024

/** Longer than a message can wait for its first attempt: the longest release time and five days. Milliseconds. */
const CANCELLED_MS = 60 * DAY_MS

/** Repeated publishes of the same id within this time are stored once. Milliseconds. */
export const DUPLICATE_WINDOW_MS = 120_000

/** Creates or updates streams, consumers and buckets. Idempotent; done by whoever owns the platform, never by a service. */
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
    // The broker demands it for schedules; without a limit nothing is ever discarded.
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
    // When it is full, what comes next stays where it is: the oldest record may be somebody's mail.
    discard: DiscardPolicy.New,
    max_msgs: MAX_QUARANTINED,
    max_bytes: MAX_QUARANTINE_BYTES,
    num_replicas: layout.replicas,
    allow_direct: true,
  })
  const kvm = new Kvm(nc)
  await kvm.create(CONFIG_BUCKET, { history: 1, replicas: layout.replicas })
  await kvm.create(USE_BUCKET, { history: 1, replicas: layout.replicas })
  // Codes are counted by the day.
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
    // A site that is busy gives its jobs back with a delay: any bound here would let it block the others.
    max_ack_pending: -1,
    max_deliver: -1,
    filter_subject: filter,
  }
  const present = await jsm.consumers.info(stream, DELIVERY_CONSUMER).catch(undefinedIfMissing)
  if (present === undefined) await jsm.consumers.add(stream, config)
  else await jsm.consumers.update(stream, DELIVERY_CONSUMER, config)
}

/** For a `catch`: undefined when the broker says that there is no such stream or consumer; anything else is thrown again, since a
 * stream without a leader exists all the same. */
export function undefinedIfMissing(error: unknown): undefined {
  const codes: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound]
  if (error instanceof JetStreamApiError && codes.includes(error.code)) return undefined
  throw error
}
