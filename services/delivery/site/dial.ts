import { BlockList, isIPv6 } from 'node:net'
import type { PoolConfig, TimeoutConfig } from '@postrider/runtime-config/config'
import type { DnsResolver } from '../route/resolver.ts'
import type { Route, RouteHost } from '../route/route.ts'
import { withRequireTls } from './require-tls.ts'
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
/** How long an address may take to be connected to while another one is left to be tried. An IPv6 path that swallows packets
 * must not cost each message the whole time. */
const QUICK_MS = 5000

/** Connects to the first host of a route that lets us in, in the order of preference (RFC 5321, 5.1).
 * Throws the last host's Broken or TurnedAway when none does. */
export async function dial(route: Route, options: DialOptions): Promise<SmtpConnection> {
  let last: Broken | TurnedAway = new Broken('ENOTFOUND', 'dns', `no mail server of ${route.site} has an address`)
  let tries = 0
  for (const [index, host] of route.hosts.entries()) {
    const addresses = await addressesOf(host, options.resolver)
    if (!Array.isArray(addresses)) {
      // What a host that was reached said is the better answer.
      if (tries === 0) last = addresses
      continue
    }
    for (const [place, address] of addresses.entries()) {
      if (tries === MOST_TRIES) throw last
      tries++
      const isLast = tries === MOST_TRIES || (place === addresses.length - 1 && index === route.hosts.length - 1)
      try {
        return await open(route, host, address, isLast, options)
      } catch (error) {
        if (!(error instanceof Broken || error instanceof TurnedAway)) throw error
        last = error
      }
    }
  }
  throw last
}

async function open(
  route: Route,
  { name, port }: RouteHost,
  address: string,
  isLast: boolean,
  { timeouts, ehloName, pool }: DialOptions,
): Promise<SmtpConnection> {
  const connectMs = isLast ? timeouts.connectMs : Math.min(QUICK_MS, timeouts.connectMs)
  const opening = connect({
    host: name,
    address,
    port,
    ...localAddress(pool, address),
    ehloName: pool?.ehloName ?? ehloName,
    tls: route.tls,
    timeouts: { ...timeouts, connectMs },
  })
  const connection = route.requireTls === true ? await withRequireTls(opening, name) : await opening
  return { ...connection, suits: suits(route) }
}

/** Connections may be shared by routes for which this is the same. One that is in clear must not serve a policy that
 * requires TLS, nor one pool's address another pool's mail. */
export const suits = ({ tls, pool, requireTls = false }: Pick<Route, 'tls' | 'pool' | 'requireTls'>): string =>
  `${tls} ${requireTls} ${pool ?? ''}`

async function addressesOf(host: RouteHost, resolver: DnsResolver): Promise<string[] | Broken | TurnedAway> {
  const answer = await resolver.addresses(host.address ?? host.name)
  if ('none' in answer) return new Broken('ENOTFOUND', 'dns', `${host.name}: ${answer.detail}`)
  if (host.notHere !== true) return answer.records
  const elsewhere = answer.records.filter((address) => !HERE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
  if (elsewhere.length > 0) return elsewhere
  const text = `554 5.4.6 the mail server ${host.name} has the address of this machine, ${answer.records[0] ?? ''}`
  return new TurnedAway({ code: 554, text, lines: [text] }, 'dns')
}

/** Loopback, and the addresses that mean "this host" (RFC 6890). */
const HERE = new BlockList()
HERE.addSubnet('127.0.0.0', 8, 'ipv4')
HERE.addSubnet('0.0.0.0', 8, 'ipv4')
HERE.addAddress('::1', 'ipv6')
HERE.addAddress('::', 'ipv6')

function localAddress(pool: PoolConfig | undefined, remote: string): { localAddress?: string } {
  const local = pool?.addresses.find((address) => isIPv6(address) === isIPv6(remote))
  return local === undefined ? {} : { localAddress: local }
}
