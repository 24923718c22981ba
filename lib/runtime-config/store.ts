import { Kvm } from '@nats-io/kv'
import type { KV, KvWatchEntry } from '@nats-io/kv'
import type { QueuedIterator } from '@nats-io/transport-node'
import type { JetStreamClient } from '@nats-io/jetstream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from '@postrider/queue/broker'
import type { RuntimeConfig } from './config.ts'
import { decodeConfig, encodeConfig } from './encode.ts'

/** KV bucket of the runtime configuration. */
const BUCKET = 'config'

/** Between two tries to watch it. */
const REOPEN_MS = 200

type KvWatch = QueuedIterator<KvWatchEntry>

/** Brings the bucket to the given configuration: writes what differs, deletes what is gone. Resolves with how many entries
 * changed. Additions come first, so that nobody sees a credential without its domain. */
export async function publishConfig(js: JetStreamClient, config: RuntimeConfig): Promise<number> {
  const kv = await new Kvm(js).open(BUCKET)
  const wanted = encodeConfig(config)
  const present = await readAll(kv)
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

async function readAll(kv: KV): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  const keys: string[] = []
  for await (const key of await kv.keys()) keys.push(key)
  for (const key of keys) {
    const entry = await kv.get(key)
    if (entry?.operation === 'PUT') entries.set(key, entry.string())
  }
  return entries
}

/** The configuration as it is now; it changes under whoever holds this. */
export interface LiveConfig {
  readonly current: RuntimeConfig
  onChange(run: (config: RuntimeConfig) => void): void
  stop(): void
}

/** Follows the bucket; resolves when the whole configuration is here, which may be when it is first published. */
export async function watchConfig({ js, onReconnect }: Pick<Broker, 'js' | 'onReconnect'>): Promise<LiveConfig> {
  const kv = await new Kvm(js).open(BUCKET)
  const listeners: ((config: RuntimeConfig) => void)[] = []
  let current: RuntimeConfig | undefined
  let stopped = false
  let watch: KvWatch | undefined

  /** Reads the bucket from its beginning and goes on with its changes until the watch ends. */
  async function follow(known: () => void): Promise<void> {
    const entries = new Map<string, string>()
    // The broker is away, or back and not yet ready: the last configuration stays.
    watch = await kv.watch().catch(() => undefined)
    if (watch === undefined) return pause(REOPEN_MS)
    for await (const entry of watch) {
      if (entry.operation === 'PUT') entries.set(entry.key, entry.string())
      else entries.delete(entry.key)
      // While more is known to come, what is here may be half of it.
      if ((entry.delta ?? 0) > 0) continue
      const config = decodeConfig(entries)
      if (config === undefined) continue
      current = config
      known()
      for (const run of listeners) run(config)
    }
  }

  // A restarted broker has forgotten the watch; by itself the client notices after some time of silence.
  onReconnect(() => watch?.stop())
  await new Promise<void>((resolve) => {
    void (async () => {
      while (!stopped) await follow(resolve)
    })()
  })
  return {
    get current() {
      if (current === undefined) throw new Error('unreachable: the promise above waits for it')
      return current
    },
    onChange: (run) => void listeners.push(run),
    stop() {
      stopped = true
      watch?.stop()
    },
  }
}
