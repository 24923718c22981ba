import type { PlatformConfig, PoolConfig } from '@postrider/runtime-config/config'
import type { NoRoute, Sender, ResolvedRoute } from './route.ts'
import { canonical } from './special-addresses.ts'

/** The sender of a route: the pool of its policy, else the platform's pool, else no pool. If the pool does not exist, mail is deferred and
 * is not sent from another address. */
export function senderOf(
  { pool: ofPolicy, name: destination }: Pick<ResolvedRoute, 'pool' | 'name'>,
  { platform, pools }: { platform: Pick<PlatformConfig, 'pool' | 'hostName'>; pools: ReadonlyMap<string, PoolConfig> },
): Sender | NoRoute {
  const name = ofPolicy ?? platform.pool
  if (name === undefined) return { ehloName: platform.hostName, addresses: [] }
  const pool = pools.get(name)
  if (pool === undefined)
    return { reply: `451 4.3.5 the DeliveryPool ${name}, needed to deliver to ${destination}, does not exist` }
  return { pool: name, ehloName: pool.ehloName ?? platform.hostName, addresses: pool.addresses }
}

/** Host names and addresses of this platform. Mail to one of them would loop. */
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
