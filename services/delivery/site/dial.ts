import { isIPv6 } from 'node:net'
import type { PoolConfig, TimeoutConfig } from '@postrider/runtime-config/config'
import type { DnsResolver } from '../route/resolver.ts'
import type { Route } from '../route/route.ts'
import { connect } from '../transaction/connection.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import { Broken, TurnedAway } from '../transaction/outcome.ts'

export interface DialOptions {
  resolver: DnsResolver
  timeouts: TimeoutConfig
  ehloName: string
  pool?: PoolConfig
}

/** Hosts and addresses tried for one connection; more would hold up the others for minutes. */
const MOST_TRIES = 5

/** Connects to the first host of a route that lets us in, in the order of preference (RFC 5321, 5.1).
 * Throws the last host's Broken or TurnedAway when none does. */
export async function dial(route: Route, options: DialOptions): Promise<SmtpConnection> {
  let last: Broken | TurnedAway = new Broken('ENOTFOUND', 'dns', `no mail server of ${route.site} has an address`)
  let tries = 0
  for (const host of route.hosts) {
    const answer = await options.resolver.addresses(host.address ?? host.name)
    if ('none' in answer) {
      last = new Broken('ENOTFOUND', 'dns', `${host.name}: ${answer.detail}`)
      continue
    }
    for (const address of answer.records) {
      if (++tries > MOST_TRIES) throw last
      try {
        return await connect({
          host: host.name,
          address,
          port: host.port,
          ...localAddress(options.pool, address),
          ehloName: options.pool?.ehloName ?? options.ehloName,
          tls: route.tls,
          timeouts: options.timeouts,
        })
      } catch (error) {
        if (!(error instanceof Broken || error instanceof TurnedAway)) throw error
        last = error
      }
    }
  }
  throw last
}

function localAddress(pool: PoolConfig | undefined, remote: string): { localAddress?: string } {
  const local = pool?.addresses.find((address) => isIPv6(address) === isIPv6(remote))
  return local === undefined ? {} : { localAddress: local }
}
