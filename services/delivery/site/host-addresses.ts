import { isIP, isIPv6 } from 'node:net'
import type { BlockList } from 'node:net'
import { canonical, isIn, kindOf } from '../route/special-addresses.ts'
import type { DnsResolver } from '../route/resolver.ts'
import type { RouteHost, Sender } from '../route/route.ts'
import { alternated, shuffled } from './candidates.ts'
import type { HostAddresses } from './candidates.ts'

export interface AddressOptions {
  resolver: DnsResolver
  sender: Sender
  /** Addresses of this platform. Mail must not be sent back to it. */
  ownAddresses: ReadonlySet<string>
  /** Networks that only a DestinationPolicy may lead to, in addition to those that are not public. */
  internal: BlockList
  /** Determines the order of the addresses; the id of the message. */
  seed: string
  /** The path for IPv6 is in doubt, so IPv4 addresses come first. */
  ipv4First: boolean
}

/** Why a host cannot be tried, in the form of an SMTP reply. */
export interface NoAddress {
  reply: string
  /** The host is this platform. Hosts with the same or a higher preference value would lead back here as well (RFC 5321, 5.1). */
  loops?: true
  /** The host was not looked up, because too many lookups are in progress. */
  busy?: true
}

/** Looks up the addresses of a host that mail may be sent to, in the order in which they are tried. */
export async function addressesOf(host: RouteHost, options: AddressOptions): Promise<HostAddresses | NoAddress> {
  const { resolver, sender, ownAddresses, seed, ipv4First } = options
  const answer = await resolver.addresses(host.name)
  if ('none' in answer) {
    if (answer.none === 'busy')
      return { reply: `451 4.4.3 ${host.name} could not be looked up: ${answer.detail}`, busy: true }
    return answer.none === 'trouble'
      ? { reply: `451 4.4.3 looking up the address of the mail server ${host.name} failed: ${answer.detail}` }
      : { reply: `550 5.4.4 the mail server ${host.name} has no address: ${answer.detail}` }
  }
  const own = answer.records.find((address) => ownAddresses.has(canonical(address)))
  if (own !== undefined && host.reach !== 'anywhere') return { reply: isHere(host, own), loops: true }
  const allowed = answer.records.filter((address) => mayReach(host, address, options.internal))
  if (allowed.length === 0) return { reply: notAllowed(host, answer.records) }
  const fitting = allowed.filter((address) => fitsSender(sender, address))
  if (fitting.length === 0) {
    const family = isIPv6(allowed[0] ?? '') ? 'IPv6' : 'IPv4'
    return {
      reply: `451 4.3.5 the DeliveryPool ${sender.pool ?? ''} has no ${family} address to send from, and the mail server ${host.name} has only ${family} addresses`,
    }
  }
  const byChance = shuffled(seed, fitting, (address) => address)
  const six = byChance.filter((address) => isIPv6(address))
  const four = byChance.filter((address) => !isIPv6(address))
  const ordered = alternated(six, four, ipv4First)
  return { host, candidates: ordered.map((address) => ({ host, address })) }
}

function mayReach({ name, reach }: RouteHost, address: string, internal: BlockList): boolean {
  if (reach === 'anywhere') return true
  if (isIP(name) !== 0 || isIn(internal, address)) return false
  const kind = kindOf(address)
  return kind === 'public' || (kind === 'loopback' && reach === 'public-or-loopback')
}

function notAllowed(host: RouteHost, addresses: string[]): string {
  const loopback = addresses.find((address) => kindOf(address) === 'loopback')
  if (loopback !== undefined) return isHere(host, loopback)
  return `550 5.4.4 the mail server ${host.name} has no public address, only ${addresses[0] ?? 'none'}; mail is sent there only if a DestinationPolicy names the host`
}

const isHere = ({ name }: RouteHost, address: string): string =>
  `554 5.4.6 the mail server ${name} has the address of this machine, ${address}`

/** Whether the sender can reach the address: mail of a pool is sent from the pool's addresses only. */
const fitsSender = ({ addresses }: Sender, remote: string): boolean =>
  addresses.length === 0 || addresses.some((address) => isIPv6(address) === isIPv6(remote))
