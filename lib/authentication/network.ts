import ipaddr from 'ipaddr.js'

/** The network by which a client is counted: an IPv4 address, or the /64 of an IPv6 address, which is what one customer gets, so that
 * its 2^64 addresses count as one. An invalid address is a network of its own. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const parts = (parsed as ipaddr.IPv6).parts.slice(0, 4)
  return `${parts.map((part) => part.toString(16)).join(':')}::/64`
}

export type Networks = [ipaddr.IPv4 | ipaddr.IPv6, number][]

/** Whether an address is in one of the networks. An IPv4 address that an IPv6 socket reports counts as an IPv4 address. */
export function isWithin(address: string, networks: Networks): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return networks.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))
}

/** Parses networks in CIDR notation; throws if one is malformed. */
export const parseNetworks = (texts: string[]): Networks => texts.map((text) => ipaddr.parseCIDR(text))
