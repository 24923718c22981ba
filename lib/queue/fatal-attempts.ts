import { Kvm } from '@nats-io/kv'
import type { KV } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { BEGUN_BUCKET } from '@postrider/broker/names'
import type { Trouble } from '@postrider/service/trouble'

/** Attempts that have begun and not ended, by attempt key. They outlive the process that made them, and are forgotten after a day. */
export interface FatalAttempts {
  /** Writes down that an attempt begins; resolves with how many have begun and not ended, this one included. */
  begun(key: string): Promise<number>
  ended(key: string): Promise<void>
}

/** While the broker does not let them be written, an attempt is the first: mail goes on, and `trouble` hears of it. */
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

/** An attempt key has characters that a key of a bucket must not have. */
const token = (key: string): string => Buffer.from(key).toString('base64url')
