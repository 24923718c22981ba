import { Kvm } from '@nats-io/kv'
import { NO_DESTINATIONS, decodeDestinations } from '@postrider/limits/destinations'
import type { AccountUse } from '@postrider/limits/report'
import { NO_SESSIONS } from '@postrider/limits/sessions'
import type { Sessions } from '@postrider/limits/sessions'
import { NO_USE } from '@postrider/limits/use'
import type { Use } from '@postrider/limits/use'
import type { Broker } from '@postrider/broker/connection'
import { USE_BUCKET } from '@postrider/broker/names'
import { destinationsKey, sessionsKey, useKey } from '@postrider/limits/accounts'

/** The current counts that the ingress keeps for an account. Nothing counted: empty counts. */
export async function readUse(broker: Broker, account: string): Promise<AccountUse> {
  const kv = await new Kvm(broker.js).open(USE_BUCKET)
  const [use, destinations, sessions] = await Promise.all(
    [useKey(account), destinationsKey(account), sessionsKey(account)].map(async (key) => {
      const entry = await kv.get(key)
      return entry?.operation === 'PUT' ? entry : undefined
    }),
  )
  return {
    use: use?.json<Use>() ?? NO_USE,
    destinations: destinations === undefined ? NO_DESTINATIONS : decodeDestinations(destinations.value),
    sessions: sessions?.json<Sessions>() ?? NO_SESSIONS,
  }
}
