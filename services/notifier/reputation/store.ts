import { Kvm } from '@nats-io/kv'
import type { KV } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { REPUTATION_BUCKET } from '@postrider/broker/names'
import { useKey } from '@postrider/limits/accounts'
import type { Reputation } from '@postrider/reputation/reputation'

/** Writes reputations to the bucket that all services watch. */
export function reputationStore({
  js,
}: Pick<Broker, 'js'>): (account: string, reputation: Reputation) => Promise<void> {
  let kv: KV | undefined
  return async (account, reputation) => {
    kv ??= await new Kvm(js).open(REPUTATION_BUCKET)
    await kv.put(useKey(account), JSON.stringify(reputation))
  }
}
