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

/** Publishes one configuration after the other, for whoever is the bucket's only writer; resolves with how many entries changed. */
export function publisher(broker: Pick<Broker, 'nc' | 'js' | 'jsm'>): (config: RuntimeConfig) => Promise<number> {
  let known: Entries | undefined
  return async (config) => {
    const present = known ?? (await readEntries(broker))
    // Forgotten until it has worked: after a failure the bucket itself says how far it got.
    known = undefined
    const wanted = encodeConfig(config)
    const changes = await write(broker, present, wanted)
    known = wanted
    return changes
  }
}

/** Writes what differs and deletes what is gone. Additions come first, so that nobody sees a credential without its domain. */
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
    // Purged, not only marked: a deleted credential's verifier has no business on the disk.
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
    // A marker tells of a deletion; an entry has none.
    if (headers.get('KV-Operation') === '')
      entries.set(subject.slice(`$KV.${CONFIG_BUCKET}.`.length), Buffer.from(data).toString())
  }
  return entries
}

/** The configuration as it is now; it changes under whoever holds this. */
export interface LiveConfig {
  readonly current: RuntimeConfig
  onChange(run: (config: RuntimeConfig) => void): void
  stop(): void
}

/** Without these no mail can be handled as it should be: with no policies, what is to go by a route or by TLS alone would go to any MX host. */
const ESSENTIAL = ['platform', 'policies', 'pools']

/** Follows the bucket; resolves when the whole configuration is here, which may be when it is first published, or
 * when what is essential in it can be read again. */
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

  /** Who follows the configuration may fail at it; the others and what comes next do not. */
  function tell(run: (config: RuntimeConfig) => void, config: RuntimeConfig): void {
    try {
      run(config)
    } catch (error) {
      report.failed(error)
    }
  }

  /** What was taken is all there is for now. */
  function apply(): void {
    live.keepOnly(present)
    report.badEntries(live.bad)
    const awaited = ESSENTIAL.filter((key) => live.unreadable.has(key))
    if (awaited.length > 0 && current === undefined) {
      if (!waiting) report.waiting(awaited)
      waiting = true
      return
    }
    const config = configOf(live.values, live.unreadable)
    if (config === undefined) return
    current = config
    known.resolve(config)
    for (const run of listeners) tell(run, config)
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
        // While more is known to come, what is here may be half of it.
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
