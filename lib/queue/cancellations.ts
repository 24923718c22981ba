import type { Broker } from '@postrider/broker/connection'
import { followBucket } from '@postrider/broker/follow-bucket'
import { CANCELLED_BUCKET, destinationToken } from '@postrider/broker/names'
import type { Trouble } from '@postrider/service/trouble'
import type { Job } from './job.ts'

/** Jobs that an administrator cancelled. A worker checks here before it attempts one: before the first attempt, its message cannot be
 * removed from the stream; later, a copy of it may be in the queue besides the schedule that was cancelled (`cancel` in control.ts). */
export interface Cancellations {
  has(job: CancellableJob): boolean
  stop(): void
}

type CancellableJob = Pick<Job, 'destination' | 'part'> & { envelope: Pick<Job['envelope'], 'id'> }

/** What is cancelled: one job of a message, or without `part` all that go to a destination. */
export interface Cancelled {
  id: string
  destination: string
  part?: number
}

const keyOf = ({ id, destination, part }: Cancelled): string => {
  const all = `${id}.${destinationToken(destination)}`
  return part === undefined ? all : `${all}.${part}`
}

/** Milliseconds. */
const WAIT_MS = 5000

/** Follows the bucket of cancellations; resolves when all its entries are known. */
export async function watchCancellations(
  broker: Pick<Broker, 'js' | 'jsm' | 'onReconnect'>,
  trouble: Trouble,
): Promise<Cancellations> {
  let keys = new Set<string>()
  const stop = await followBucket(
    broker,
    CANCELLED_BUCKET,
    {
      replace: (entries) => {
        keys = new Set(entries.filter(({ operation }) => operation === 'PUT').map(({ key }) => key))
      },
      change: ({ key, operation }) => {
        if (operation === 'PUT') keys.add(key)
        else keys.delete(key)
      },
    },
    trouble,
  )
  return {
    has: ({ envelope: { id }, destination, part }) =>
      keys.has(keyOf({ id, destination })) || keys.has(keyOf({ id, destination, part })),
    stop,
  }
}

/** Records a cancellation. Durable when it resolves. Entries expire by themselves. */
export async function noteCancellation(broker: Pick<Broker, 'js'>, cancelled: Cancelled): Promise<void> {
  await broker.js.publish(`$KV.${CANCELLED_BUCKET}.${keyOf(cancelled)}`, '', { timeout: WAIT_MS })
}
