import { BlockList, isIPv6 } from 'node:net'

/** `public`: globally reachable unicast. `loopback`: this machine. `internal`: everything else. */
export type AddressKind = 'public' | 'loopback' | 'internal'

/** Classifies an IP address by the IANA registries of special-purpose addresses (RFC 6890). DNS records of remote domains may lead to
 * public addresses only. An IPv6 address that embeds an IPv4 address is classified by the latter. */
export function kindOf(address: string): AddressKind {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(address, family)) return 'loopback'
  if (INTERNAL.check(address, family)) return 'internal'
  if (family === 'ipv4' || GLOBAL_IPV6.check(address, family)) return 'public'
  return 'internal'
}

/** The canonical text form of an IP address, for comparison. An IPv4-mapped IPv6 address becomes IPv4. */
export function canonical(address: string): string {
  if (!isIPv6(address)) return address
  const compressed = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compressed)
  if (mapped === null) return compressed
  const [high, low] = [parseInt(mapped[1] ?? '0', 16), parseInt(mapped[2] ?? '0', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Makes a list of networks in CIDR notation, for `isIn`. */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [base = '', prefix] = network.split('/')
    list.addSubnet(base, Number(prefix), isIPv6(base) ? 'ipv6' : 'ipv4')
  }
  return list
}

export const isIn = (list: BlockList, address: string): boolean =>
  list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

const LOOPBACK = new BlockList()
const INTERNAL = new BlockList()
/** Global unicast IPv6 addresses (RFC 4291, 2.4), and the IPv6 forms of IPv4 addresses. */
const GLOBAL_IPV6 = new BlockList()

GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6')
GLOBAL_IPV6.addSubnet('64:ff9b::', 96, 'ipv6') // NAT64 (RFC 6052)
GLOBAL_IPV6.addSubnet('::ffff:0:0', 96, 'ipv6')

/** Adds an IPv4 network and its IPv6 forms: 6to4 (RFC 3056) and NAT64. BlockList handles the IPv4-mapped form itself. */
function addIpv4(list: BlockList, network: string, prefix: number): void {
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  list.addSubnet(network, prefix, 'ipv4')
  list.addSubnet(`2002:${hex}::`, 16 + prefix, 'ipv6')
  list.addSubnet(`64:ff9b::${hex}`, 96 + prefix, 'ipv6')
}

addIpv4(LOOPBACK, '127.0.0.0', 8)
// Most systems treat "this host" (0.0.0.0/8) as the local machine.
addIpv4(LOOPBACK, '0.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')
LOOPBACK.addAddress('::', 'ipv6')

for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT (RFC 6598); many clusters number their pods from it
  ['169.254.0.0', 16], // link-local, and the metadata services of clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24], // documentation (RFC 5737), as two below
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarks (RFC 2544)
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
] as const)
  addIpv4(INTERNAL, network, prefix)

for (const [network, prefix] of [
  ['2001::', 23], // protocol assignments: Teredo, benchmarks, ORCHID
  ['2001:db8::', 32],
  ['3fff::', 20], // documentation (RFC 9637)
] as const)
  INTERNAL.addSubnet(network, prefix, 'ipv6')
