import { DAY_MS } from '@postrider/time/day'

/** Counts of a sliding window, in buckets: [bucket number since the epoch, count]. */
export type Buckets = [number, number][]

export interface WindowShape {
  bucketMs: number
  windowMs: number
}

export const DAY: WindowShape = { bucketMs: 600_000, windowMs: DAY_MS }
export const MINUTE: WindowShape = { bucketMs: 1000, windowMs: 60_000 }

export const sumOf = (buckets: Buckets): number => buckets.reduce((sum, [, count]) => sum + count, 0)

/** Whether a bucket still counts. A bucket leaves the window when its last moment does, so that no window contains more than the limit. */
export const isInside = (bucket: number, { bucketMs, windowMs }: WindowShape, now: number): boolean =>
  (bucket + 1) * bucketMs + windowMs > now

/** Moves counts of a clock that was ahead to the present; otherwise they would block until the wrong time has passed. Returns the same
 * array when there are none. */
export function pullBack<Bucket extends [number, ...number[]]>(
  buckets: Bucket[],
  { bucketMs }: WindowShape,
  now: number,
): Bucket[] {
  const present = Math.floor(now / bucketMs)
  if (buckets.every(([bucket]) => bucket <= present)) return buckets
  const [, ...counts] = buckets
    .filter(([bucket]) => bucket >= present)
    .reduce((total, bucket) => total.map((count, index) => count + (bucket[index] ?? 0)) as Bucket)
  return [...buckets.filter(([bucket]) => bucket < present), [present, ...counts] as Bucket]
}

/** When `excess` of the count will have left the window. Milliseconds since the epoch. */
export function whenFree(buckets: Buckets, excess: number, { bucketMs, windowMs }: WindowShape, now: number): number {
  let freed = 0
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    freed += count
    if (freed >= excess) return (bucket + 1) * bucketMs + windowMs
  }
  // The message alone exceeds the limit, so waiting does not help; name the end of a full window anyway.
  return now + windowMs
}
