import type { PlatformConfig, PoolConfig } from '@postrider/runtime-config/config'
import type { NoRoute, Sender, Way } from './route.ts'
import { canonical } from './special-addresses.ts'

/** The pool of the route's policy, else the platform's. A pool that is named and not there must not let mail leave from elsewhere. */
export function senderOf(
  { pool: ofPolicy, name: destination }: Pick<Way, 'pool' | 'name'>,
  { platform, pools }: { platform: Pick<PlatformConfig, 'pool' | 'hostName'>; pools: ReadonlyMap<string, PoolConfig> },
): Sender | NoRoute {
  const name = ofPolicy ?? platform.pool
  if (name === undefined) return { ehloName: platform.hostName, addresses: [] }
  const pool = pools.get(name)
  if (pool === undefined)
    return { reply: `451 4.3.5 the DeliveryPool ${name}, needed to deliver to ${destination}, does not exist` }
  return { pool: name, ehloName: pool.ehloName ?? platform.hostName, addresses: pool.addresses }
}

/** What this platform is known by: mail to a host of that name or address would come back to it. */
export interface Identity {
  names: ReadonlySet<string>
  addresses: ReadonlySet<string>
}

export function identity(hostName: string, pools: ReadonlyMap<string, PoolConfig>): Identity {
  const all = [...pools.values()]
  return {
    names: new Set([hostName, ...all.flatMap(({ ehloName }) => ehloName ?? [])]),
    addresses: new Set(all.flatMap(({ addresses }) => addresses.map(canonical))),
  }
}
