import { Kvm } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { followBucket } from '@postrider/broker/follow-bucket'
import { CANCELLED_BUCKET, destinationToken } from '@postrider/broker/names'
import type { Trouble } from '@postrider/service/trouble'

/** Jobs that an administrator cancelled before their first attempt. Their messages cannot be removed from the stream one by one, so a
 * worker checks here before it attempts one. */
export interface Cancellations {
  has(id: string, destination: string): boolean
  stop(): void
}

const keyOf = (id: string, destination: string): string => `${id}.${destinationToken(destination)}`

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
  return { has: (id, destination) => keys.has(keyOf(id, destination)), stop }
}

/** Records that a message to a destination is cancelled. Durable when it resolves. Entries expire by themselves. */
export async function noteCancellation(broker: Pick<Broker, 'js'>, id: string, destination: string): Promise<void> {
  const kv = await new Kvm(broker.js).open(CANCELLED_BUCKET)
  await kv.put(keyOf(id, destination), '')
}
