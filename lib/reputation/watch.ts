import { setTimeout as pause } from 'node:timers/promises'
import { Kvm } from '@nats-io/kv'
import type { KvWatchEntry } from '@nats-io/kv'
import type { QueuedIterator } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import { lastRevision } from '@postrider/broker/last-revision'
import { STANDING_BUCKET } from '@postrider/broker/names'
import { accountOfKey } from '@postrider/limits/accounts'
import { readStored } from '@postrider/broker/stored'
import { standingShape } from './reputation.ts'
import type { Standing } from './reputation.ts'

/** Standings as they are now, by account. */
export interface LiveStandings {
  of(account: string): Standing | undefined
  all(): ReadonlyMap<string, Standing>
  onChange(run: (account: string) => void): void
  stop(): void
}

/** Between two tries to watch the bucket. Milliseconds. */
const REOPEN_MS = 200
/** Whoever starts waits so long for it. An older broker configuration may not let it be read: then everybody stands as at the
 * beginning, which is better than no mail at all. */
const PATIENCE_MS = 10_000

/** Follows the bucket; resolves when all of it is here. */
export async function watchStandings(
  { js, jsm, onReconnect }: Pick<Broker, 'js' | 'jsm' | 'onReconnect'>,
  bad: (account: string, revision: number, error: unknown) => void,
): Promise<LiveStandings> {
  let standings = new Map<string, Standing>()
  const listeners: ((account: string) => void)[] = []
  let stopped = false
  let watch: QueuedIterator<KvWatchEntry> | undefined

  async function follow(known: () => void): Promise<void> {
    // The broker is away, or the bucket is still to be made.
    const end = await lastRevision(jsm, STANDING_BUCKET).catch(() => undefined)
    watch = await new Kvm(js)
      .open(STANDING_BUCKET)
      .then((kv) => (end === undefined ? undefined : kv.watch()))
      .catch(() => undefined)
    if (watch === undefined || end === undefined) return pause(REOPEN_MS)
    // An empty bucket sends nothing; one that has entries is read whole before anything counts.
    const fresh = new Map<string, Standing>()
    let whole = false
    if (end === 0) known()
    for await (const entry of watch) {
      const account = accountOfKey(entry.key)
      const into = whole ? standings : fresh
      if (entry.operation === 'PUT') put(into, account, entry)
      else into.delete(account)
      if (whole) for (const run of listeners) run(account)
      if (whole || entry.revision < end || (entry.delta ?? 0) > 0) continue
      whole = true
      const changed = new Set([...standings.keys(), ...fresh.keys()])
      standings = fresh
      known()
      for (const name of changed) for (const run of listeners) run(name)
    }
  }

  /** One that cannot be read stays as it was. */
  function put(into: Map<string, Standing>, account: string, entry: KvWatchEntry): void {
    try {
      into.set(account, readStored(`the standing of ${account}`, entry.string(), standingShape))
    } catch (error) {
      const before = standings.get(account)
      if (before !== undefined) into.set(account, before)
      bad(account, entry.revision, error)
    }
  }

  onReconnect(() => watch?.stop())
  await new Promise<void>((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref()
    void (async () => {
      while (!stopped) await follow(resolve)
    })()
  })
  return {
    of: (account) => standings.get(account),
    all: () => standings,
    onChange: (run) => void listeners.push(run),
    stop() {
      stopped = true
      watch?.stop()
    },
  }
}
