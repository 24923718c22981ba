import { isIP } from 'node:net'
import type { DnsResolver } from './resolver.ts'
import { lookUpLater } from './lookups-busy.ts'
import type { Busy, NoRoute, RouteHost, ResolvedRoute } from './route.ts'

export interface MailHostsOptions {
  resolver: DnsResolver
  /** TCP port of MX hosts. */
  smtpPort: number
  /** Host names of this platform. Mail must not be sent back to it. */
  ownNames: ReadonlySet<string>
}

export type MailHosts = Pick<ResolvedRoute, 'name' | 'hosts'>

/** Finds the mail hosts of a domain in the DNS: its MX hosts, else the domain itself (RFC 5321, 5.1). */
export async function mailHosts(destination: string, options: MailHostsOptions): Promise<MailHosts | NoRoute | Busy> {
  // RFC 5321, 4.1.3, defines address literals for debugging. A tenant must not reach a machine of our network by its IP address.
  if (destination.startsWith('['))
    return { reply: `550 5.1.2 mail to an address literal, ${destination}, cannot be delivered` }
  const answer = await options.resolver.mx(destination)
  if ('none' in answer) {
    if (answer.none === 'busy') return lookUpLater()
    if (answer.none === 'no-such-domain') return { reply: `550 5.1.2 the domain ${destination} does not exist` }
    if (answer.none === 'trouble')
      return { reply: `451 4.4.3 looking up the mail servers of ${destination} failed: ${answer.detail}` }
    return implicitMx(destination, options)
  }
  const records = answer.records.map(({ exchange, priority }) => ({
    name: exchange.toLowerCase().replace(/\.$/, ''),
    priority,
  }))
  // RFC 7505: the single record `0 .` means that the domain accepts no mail.
  if (records.every(({ name }) => name === ''))
    return { reply: `556 5.1.10 the domain ${destination} accepts no mail (null MX)` }
  const named = records.filter(({ name }) => name !== '')
  // RFC 5321, 5.1: a host that finds itself in the list uses only hosts that are preferred to it.
  const own = Math.min(...named.filter(({ name }) => options.ownNames.has(name)).map(({ priority }) => priority))
  const usable = named.filter(({ priority }) => priority < own)
  if (usable.length === 0) return loops(destination)
  // RFC 5321, 5.1: MX data must be a host name. An IP address there would let the owner of the domain choose a machine of our network.
  const hosts = usable.filter(({ name }) => isIP(name) === 0)
  if (hosts.length === 0)
    return {
      reply: `550 5.4.4 the MX records of ${destination} contain the IP address ${usable[0]?.name} instead of a host name`,
    }
  return inOrder(hosts, options)
}

/** Sorts by preference, then by name. The order of equally preferred hosts is chosen for each message (site/candidates.ts). */
function inOrder(records: { name: string; priority: number }[], options: MailHostsOptions): MailHosts {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  const best = new Map<string, RouteHost>()
  for (const { name, priority } of records.toSorted((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1)))
    if (!best.has(name)) best.set(name, hostOf(name, priorities.indexOf(priority), options))
  const hosts = [...best.values()]
  const names = hosts.filter(({ preference }) => preference === 0).map(({ name }) => name)
  return { name: names.join(','), hosts }
}

/** A port other than 25 is only configured in tests, whose receivers listen on loopback. */
function hostOf(name: string, preference: number, { smtpPort }: MailHostsOptions): RouteHost {
  return { name, port: smtpPort, preference, reach: smtpPort === 25 ? 'public' : 'public-or-loopback' }
}

/** A domain without MX records that has an address is its own mail server: the implicit MX of RFC 5321, 5.1. */
async function implicitMx(destination: string, options: MailHostsOptions): Promise<MailHosts | NoRoute | Busy> {
  const { resolver, ownNames } = options
  if (ownNames.has(destination)) return loops(destination)
  const answer = await resolver.addresses(destination)
  if ('records' in answer) return { name: destination, hosts: [hostOf(destination, 0, options)] }
  if (answer.none === 'busy') return lookUpLater()
  if (answer.none === 'trouble')
    return { reply: `451 4.4.3 looking up the address of ${destination} failed: ${answer.detail}` }
  return { reply: `550 5.1.2 the domain ${destination} has neither mail servers nor an address` }
}

const loops = (destination: string): NoRoute => ({
  reply: `554 5.4.6 the MX records of ${destination} point to this server; the message would loop`,
})
