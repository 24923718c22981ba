import { setTimeout as pause } from 'node:timers/promises'
import { Kvm } from '@nats-io/kv'
import type { KvWatchEntry } from '@nats-io/kv'
import type { QueuedIterator } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'
import type { Trouble } from '@postrider/service/trouble'
import { lastRevision } from './last-revision.ts'

/** What follows a bucket of the broker. */
export interface BucketFollower {
  /** Takes all entries that the bucket holds, after each (re)connection. */
  replace(entries: KvWatchEntry[]): void
  /** Takes one change. */
  change(entry: KvWatchEntry): void
}

/** Between two tries to watch a bucket. Milliseconds. */
const REOPEN_MS = 200
/** A start waits this long. An older broker configuration may not let the bucket be read: then the service goes on without it. */
const PATIENCE_MS = 10_000

/** Follows a bucket until the returned function is called; resolves when everything that it holds has been taken. While it cannot be
 * followed that is tried again, and `trouble` hears of it. */
export async function followBucket(
  { js, jsm, onReconnect }: Pick<Broker, 'js' | 'jsm' | 'onReconnect'>,
  bucket: string,
  follower: BucketFollower,
  trouble: Trouble,
): Promise<() => void> {
  let stopped = false
  let watch: QueuedIterator<KvWatchEntry> | undefined

  async function follow(known: () => void): Promise<void> {
    // The broker is away, or the bucket does not exist yet.
    const opened = await openWatch({ js, jsm }, bucket, trouble)
    if (opened === undefined) return pause(REOPEN_MS)
    const { end } = opened
    watch = opened.watch
    const initial: KvWatchEntry[] = []
    const complete = (): void => {
      follower.replace(initial)
      known()
    }
    let whole = end === 0
    if (whole) complete()
    for await (const entry of opened.watch) {
      if (whole) {
        follower.change(entry)
        continue
      }
      initial.push(entry)
      // While more is known to come, what is here may be half of it.
      if (entry.revision < end || (entry.delta ?? 0) > 0) continue
      whole = true
      complete()
    }
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

/** A watch of a bucket from its beginning, and the revision up to which it tells what is there already. Undefined when it cannot be opened
 * now: `trouble` hears why. */
async function openWatch(
  { js, jsm }: Pick<Broker, 'js' | 'jsm'>,
  bucket: string,
  trouble: Trouble,
): Promise<{ watch: QueuedIterator<KvWatchEntry>; end: number } | undefined> {
  try {
    const end = await lastRevision(jsm, bucket)
    const kv = await new Kvm(js).open(bucket)
    const watch = await kv.watch()
    trouble.over()
    return { watch, end }
  } catch (error) {
    trouble.failed(error)
    return undefined
  }
}
