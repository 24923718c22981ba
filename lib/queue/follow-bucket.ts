import { setTimeout as pause } from 'node:timers/promises'
import { Kvm } from '@nats-io/kv'
import type { KvWatchEntry } from '@nats-io/kv'
import type { QueuedIterator } from '@nats-io/transport-node'
import type { Broker } from './broker.ts'

/** What follows a bucket of the broker. */
export interface BucketFollower {
  /** Takes all entries that the bucket holds, after each (re)connection. */
  replace(entries: KvWatchEntry[]): void
  /** Takes one change. */
  change(entry: KvWatchEntry): void
}

/** Between two tries to watch a bucket, and how long an empty one may say nothing. Milliseconds. */
const REOPEN_MS = 200
/** A start waits this long. An older broker configuration may not let the bucket be read: then the service goes on without it. */
const PATIENCE_MS = 10_000

/** Follows a bucket until the returned function is called; resolves when everything that it holds has been taken. */
export async function followBucket(
  { js, onReconnect }: Pick<Broker, 'js' | 'onReconnect'>,
  bucket: string,
  follower: BucketFollower,
): Promise<() => void> {
  let stopped = false
  let watch: QueuedIterator<KvWatchEntry> | undefined

  async function follow(known: () => void): Promise<void> {
    watch = await new Kvm(js)
      .open(bucket)
      .then((kv) => kv.watch())
      // The broker is away, or the bucket does not exist yet.
      .catch(() => undefined)
    if (watch === undefined) return pause(REOPEN_MS)
    const initial: KvWatchEntry[] = []
    const complete = (): void => {
      follower.replace(initial)
      known()
    }
    // An empty bucket sends nothing.
    const silent = setTimeout(complete, REOPEN_MS)
    let whole = false
    for await (const entry of watch) {
      clearTimeout(silent)
      if (whole) follower.change(entry)
      else {
        initial.push(entry)
        if ((entry.delta ?? 0) > 0) continue
        whole = true
        complete()
      }
    }
    clearTimeout(silent)
  }

  onReconnect(() => watch?.stop())
  await new Promise<void>((resolve) => {
    setTimeout(resolve, PATIENCE_MS).unref()
    void (async () => {
      while (!stopped) await follow(resolve)
    })()
  })
  return () => {
    stopped = true
    watch?.stop()
  }
}
