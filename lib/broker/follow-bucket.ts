import { setTimeout as pause } from 'node:timers/promises'
import { Kvm } from '@nats-io/kv'
import type { KvWatchEntry } from '@nats-io/kv'
import type { QueuedIterator } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'
import type { Trouble } from '@postrider/service/trouble'
import { lastRevision } from './last-revision.ts'

/** Receives the contents and the changes of a bucket. */
export interface BucketFollower {
  /** Receives all entries of the bucket, after each (re)connection. */
  replace(entries: KvWatchEntry[]): void
  /** Receives one change. */
  change(entry: KvWatchEntry): void
}

/** Pause between two attempts to watch a bucket. Milliseconds. */
const REOPEN_MS = 200
/** How long the first read may take. With an older broker configuration the bucket may not be readable; the service then starts without
 * it. Milliseconds. */
const PATIENCE_MS = 10_000

/** Follows a bucket until the returned function is called. Resolves when the follower has received all entries, or after PATIENCE_MS.
 * While the bucket cannot be followed, the error is reported to `trouble` and it is retried. */
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
      // While more entries are known to follow, the entries so far may be incomplete.
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

/** Opens a watch of all entries of a bucket, and returns it with the bucket's last revision before the watch. Returns undefined when it
 * cannot be opened at the moment; the error is reported to `trouble`. */
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
