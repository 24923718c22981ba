import { BlockList, isIPv6 } from 'node:net'

/** `public`: anybody's. `loopback`: this machine. `internal`: everything else that is not globally reachable unicast. */
export type AddressKind = 'public' | 'loopback' | 'internal'

/** Tells an address that a stranger's DNS record may send us to from one that it must not (RFC 6890 and the IANA registries of
 * special-purpose addresses). An IPv4 address that is embedded in an IPv6 one is judged as itself. */
export function kindOf(address: string): AddressKind {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(address, family)) return 'loopback'
  if (INTERNAL.check(address, family)) return 'internal'
  if (family === 'ipv4' || GLOBAL_IPV6.check(address, family)) return 'public'
  return 'internal'
}

/** The one way of writing an address, to compare it with others. */
export function canonical(address: string): string {
  if (!isIPv6(address)) return address
  const compressed = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compressed)
  if (mapped === null) return compressed
  const [high, low] = [parseInt(mapped[1] ?? '0', 16), parseInt(mapped[2] ?? '0', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** A list of networks in CIDR form, to be asked with `isIn`. */
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
/** The only IPv6 addresses that are routed between networks (RFC 4291, 2.4), and the ways to write an IPv4 one as IPv6. */
const GLOBAL_IPV6 = new BlockList()

GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6')
GLOBAL_IPV6.addSubnet('64:ff9b::', 96, 'ipv6') // NAT64 (RFC 6052)
GLOBAL_IPV6.addSubnet('::ffff:0:0', 96, 'ipv6')

/** Adds an IPv4 network and the IPv6 addresses that stand for it: 6to4 (RFC 3056) and NAT64. BlockList itself sees through the
 * IPv4-mapped form. */
function addIpv4(list: BlockList, network: string, prefix: number): void {
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  list.addSubnet(network, prefix, 'ipv4')
  list.addSubnet(`2002:${hex}::`, 16 + prefix, 'ipv6')
  list.addSubnet(`64:ff9b::${hex}`, 96 + prefix, 'ipv6')
}

addIpv4(LOOPBACK, '127.0.0.0', 8)
// "This host" is the local machine to most systems.
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
