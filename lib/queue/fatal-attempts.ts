import { Kvm } from '@nats-io/kv'
import type { KV } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { BEGUN_BUCKET } from '@postrider/broker/names'
import type { Trouble } from '@postrider/service/trouble'

/** Counts attempts that have begun and not ended, by attempt key, to find jobs that crash their worker. The counts outlive the process
 * and expire after a day. */
export interface FatalAttempts {
  /** Records that an attempt begins; resolves with the number of attempts that have begun and not ended, this one included. */
  begun(key: string): Promise<number>
  ended(key: string): Promise<void>
}

/** Opens the bucket of counts. While it cannot be written, each attempt counts as the first so that delivery goes on, and the error is
 * reported to `trouble`. */
export function openFatalAttempts({ js }: Pick<Broker, 'js'>, trouble: Trouble): FatalAttempts {
  let opened: KV | undefined
  const bucket = async (): Promise<KV> => (opened ??= await new Kvm(js).open(BEGUN_BUCKET))
  return {
    async begun(key) {
      try {
        const kv = await bucket()
        const entry = await kv.get(token(key))
        const before = entry?.operation === 'PUT' ? Number(entry.string()) : 0
        const count = (Number.isSafeInteger(before) && before > 0 ? before : 0) + 1
        await kv.put(token(key), String(count))
        trouble.over()
        return count
      } catch (error) {
        trouble.failed(error)
        return 1
      }
    },
    async ended(key) {
      await bucket()
        .then((kv) => kv.delete(token(key)))
        .catch((error: unknown) => trouble.failed(error))
    },
  }
}

/** Encodes an attempt key, which has characters that a bucket key must not have. */
const token = (key: string): string => Buffer.from(key).toString('base64url')
