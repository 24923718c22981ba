import { Kvm } from '@nats-io/kv'
import type { KvWatchEntry } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { followBucket } from '@postrider/broker/follow-bucket'
import { CONFIG_BUCKET } from '@postrider/broker/names'
import { readStream } from '@postrider/broker/read-stream'
import type { RuntimeConfig } from './config.ts'
import { configOf, encodeConfig } from './encode.ts'
import { LastGood } from './last-good.ts'
import type { ConfigReport } from './report.ts'

/** The bucket's entries, by key. */
export type Entries = Map<string, string>

/** Returns a function that publishes a configuration and resolves with the number of changed entries. Its caller must be the bucket's
 * only writer, and must wait for one call before the next. */
export function publisher(broker: Pick<Broker, 'nc' | 'js' | 'jsm'>): (config: RuntimeConfig) => Promise<number> {
  let known: Entries | undefined
  return async (config) => {
    const present = known ?? (await readEntries(broker))
    // Forgotten until the write succeeds: after a failure the bucket is read again.
    known = undefined
    const wanted = encodeConfig(config)
    const changes = await write(broker, present, wanted)
    known = wanted
    return changes
  }
}

/** Writes entries that differ and deletes those that are gone. Additions come first, so that no reader sees a credential without its
 * domain. */
async function write({ js }: Pick<Broker, 'js'>, present: Entries, wanted: Entries): Promise<number> {
  const kv = await new Kvm(js).open(CONFIG_BUCKET)
  let changes = 0
  for (const [key, text] of wanted) {
    if (present.get(key) === text) continue
    await kv.put(key, text)
    changes++
  }
  for (const key of [...present.keys()].reverse()) {
    if (wanted.has(key)) continue
    // Purged, not only marked as deleted: the verifier of a deleted credential must not remain on disk.
    await kv.purge(key)
    changes++
  }
  return changes
}

/** Reads the whole bucket. */
export async function readEntries(broker: Pick<Broker, 'nc' | 'jsm'>): Promise<Entries> {
  const entries: Entries = new Map()
  const stream = `KV_${CONFIG_BUCKET}`
  const { state } = await broker.jsm.streams.info(stream)
  if (state.messages === 0) return entries
  for await (const { subject, headers, data } of readStream(broker, stream, { seq: 1 }, state.last_seq)) {
    // A deletion marker has this header; an entry does not.
    if (headers.get('KV-Operation') === '')
      entries.set(subject.slice(`$KV.${CONFIG_BUCKET}.`.length), Buffer.from(data).toString())
  }
  return entries
}

/** The current configuration, which changes over time. */
export interface LiveConfig {
  readonly current: RuntimeConfig
  onChange(run: (config: RuntimeConfig) => void): void
  stop(): void
}

/** Entries without which mail would be handled wrongly: without policies, mail that requires a route or TLS would go to any MX host. */
const ESSENTIAL = ['platform', 'policies', 'pools']

/** Follows the bucket of the configuration. Resolves when the whole configuration has been read, which may be only when it is first
 * published, or when its essential entries can be read again. */
export async function watchConfig(
  broker: Pick<Broker, 'js' | 'jsm' | 'onReconnect'>,
  report: ConfigReport,
): Promise<LiveConfig> {
  const listeners: ((config: RuntimeConfig) => void)[] = []
  const live = new LastGood()
  const known = Promise.withResolvers<RuntimeConfig>()
  let present = new Set<string>()
  let current: RuntimeConfig | undefined
  let waiting = false

  function take(entry: KvWatchEntry): void {
    if (entry.operation !== 'PUT') {
      present.delete(entry.key)
      return
    }
    present.add(entry.key)
    const bad = live.put(entry.key, entry.string())
    if (bad !== undefined) report.bad(bad, entry.revision)
  }

  /** A listener that throws does not affect the others or later changes. */
  function notifyListener(run: (config: RuntimeConfig) => void, config: RuntimeConfig): void {
    try {
      run(config)
    } catch (error) {
      report.failed(error)
    }
  }

  /** Called when all entries that are known to exist have been read. */
  function apply(): void {
    live.keepOnly(present)
    report.badEntries(live.bad)
    const unreadable = ESSENTIAL.filter((key) => live.unreadable.has(key))
    if (unreadable.length > 0 && current === undefined) {
      if (!waiting) report.waiting(unreadable)
      waiting = true
      return
    }
    const config = configOf(live.values, live.unreadable)
    if (config === undefined) return
    current = config
    known.resolve(config)
    for (const run of listeners) notifyListener(run, config)
  }

  const stop = await followBucket(
    broker,
    CONFIG_BUCKET,
    {
      replace(entries) {
        present = new Set()
        entries.forEach(take)
        apply()
      },
      change(entry) {
        take(entry)
        // While more entries are known to follow, the entries so far may be incomplete.
        if ((entry.delta ?? 0) === 0) apply()
      },
    },
    report.following,
  )
  const first = await known.promise
  return {
    get current() {
      return current ?? first
    },
    onChange: (run) => void listeners.push(run),
    stop,
  }
}
