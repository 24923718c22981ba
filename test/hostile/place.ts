import type { Behaviour, Zone } from './behaviour.ts'
import type { DnsServer } from './dns/server.ts'

/** Where a behaviour lives: its domains' names, and its hosts' names and addresses. */
export interface Place {
  /** By label. */
  domains: Map<string, string>
  addresses: Map<string, string>
  /** Label of an address, or undefined. */
  hostAt(address: string): string | undefined
  /** Labels of the hosts that mail for a domain may reach. */
  hostsOf(domain: string): Set<string>
}

/** A network of 256 addresses on loopback a behaviour. */
export function placeOf(behaviour: Behaviour, index: number): Place {
  const labels = Object.keys(behaviour.hosts ?? {})
  const network = `127.${64 + (index >> 8)}.${index & 0xff}`
  const addresses = new Map(labels.map((label, at) => [label, `${network}.${at + 1}`]))
  const zones = zonesOf(behaviour)
  const domains = new Map(Object.keys(zones).map((label) => [label, `${label}.${behaviour.name}.test`]))
  return {
    domains,
    addresses,
    hostAt: (address) => labels.find((label) => addresses.get(label) === address),
    hostsOf: (domain) => reachable(zones[domain] ?? {}, labels),
  }
}

/** Without zones of its own a behaviour has one domain with all hosts as MX. */
export function zonesOf({ domains, hosts = {} }: Behaviour): Record<string, Zone> {
  return domains ?? { a: { mx: Object.keys(hosts).map((label, at) => `${(at + 1) * 10} ${label}`) } }
}

function reachable({ mx = [], addresses = {}, aliases = {} }: Zone, labels: string[]): Set<string> {
  const names = mx.length > 0 ? mx.map((record) => record.split(' ')[1] ?? '') : ['@']
  const targets = names.map((name) => aliases[name] ?? name)
  return new Set(targets.flatMap((name) => addresses[name] ?? [name]).filter((label) => labels.includes(label)))
}

/** Writes all zones of a behaviour. */
export function addZones(dns: DnsServer, behaviour: Behaviour, { addresses, domains }: Place): void {
  const below = `${behaviour.name}.test`
  const absolute = (name: string): string => {
    if (name.startsWith('=')) return addresses.get(name.slice(1)) ?? ''
    return name.endsWith('.') ? name.slice(0, -1) : `${name}.${below}`
  }
  const add = (name: string, value: string): void => {
    const address = addresses.get(value) ?? value
    dns.add(name, { type: address.includes(':') ? 'AAAA' : 'A', value: address })
  }
  for (const [label, address] of addresses) add(absolute(label), address)
  for (const [label, zone] of Object.entries(zonesOf(behaviour))) {
    const domain = domains.get(label) ?? ''
    const named = (name: string): string => (name === '@' ? domain : absolute(name))
    for (const record of zone.mx ?? []) {
      const [preference = '', exchange = ''] = record.split(' ')
      dns.add(domain, { type: 'MX', value: `${preference} ${exchange === '.' ? '' : absolute(exchange)}` })
    }
    for (const [name, values] of Object.entries(zone.addresses ?? {}))
      for (const value of values) add(named(name), value)
    for (const [name, target] of Object.entries(zone.aliases ?? {}))
      dns.add(named(name), { type: 'CNAME', value: absolute(target) })
    for (const [name, fault] of Object.entries(zone.faults ?? {})) dns.fail(named(name), fault)
  }
}
