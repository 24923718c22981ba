import type { PolicyConfig } from '@postrider/runtime-config/config'
import { DEFAULT_POLICY, matchesDomain } from './route.ts'
import type { NoRoute, Route, RouteHost } from './route.ts'
import type { DnsResolver } from './resolver.ts'

export interface RouterOptions {
  resolver: DnsResolver
  policies: PolicyConfig[]
  /** TCP port of MX hosts. */
  smtpPort: number
  /** What this platform calls itself: mail must not be sent back to it. */
  hostName: string
  /** MX hosts may have loopback addresses; unless it is said, only where the port shows that this is a test. */
  allowLoopback?: boolean
  random?: () => number
}

type MailHosts = Pick<Route, 'site' | 'hosts'>

/** Where mail for a domain goes: a policy's override, else its MX hosts, else the domain itself (RFC 5321, 5.1). */
export async function resolveRoute(destination: string, options: RouterOptions): Promise<Route | NoRoute> {
  let found: MailHosts | NoRoute | undefined
  const policies = options.policies.filter(({ domains }) =>
    domains.some((pattern) => matchesDomain(pattern, destination)),
  )
  let chosen: PolicyConfig | undefined
  for (const policy of policies) {
    // DNS is asked only where a policy speaks of MX hosts or none overrides them: a sandbox needs no DNS.
    if (policy.mx.length > 0) found ??= await mailHosts(destination, options)
    if (policy.mx.length > 0 && !matchesBest(policy.mx, found)) continue
    chosen = policy
    break
  }
  if (chosen?.route !== undefined) {
    const { host, port } = chosen.route
    return { site: `${host}:${port}`, hosts: [{ name: host, port }], ...settings(chosen) }
  }
  found ??= await mailHosts(destination, options)
  return 'reply' in found ? found : { ...found, ...settings(chosen) }
}

function matchesBest(patterns: string[], found: MailHosts | NoRoute | undefined): boolean {
  if (found === undefined || 'reply' in found) return false
  const best = found.hosts[0]?.name ?? ''
  return patterns.some((pattern) => matchesDomain(pattern, best))
}

function settings(policy: PolicyConfig | undefined) {
  const { tls, connections, messagesPerConnection, pool } = { ...DEFAULT_POLICY, pool: undefined, ...policy }
  return { tls, connections, messagesPerConnection, pool }
}

async function mailHosts(destination: string, options: RouterOptions): Promise<MailHosts | NoRoute> {
  // RFC 5321, 4.1.3 has them for debugging; a tenant must not choose a machine of our network by its number.
  if (destination.startsWith('['))
    return { reply: `550 5.1.2 mail to an address literal, ${destination}, is not sent from here` }
  const { resolver, hostName, random = Math.random } = options
  const answer = await resolver.mx(destination)
  if ('none' in answer) {
    if (answer.none === 'no-such-domain') return { reply: `550 5.1.2 the domain ${destination} does not exist` }
    if (answer.none === 'trouble')
      return { reply: `451 4.4.3 looking up the mail servers of ${destination} failed: ${answer.detail}` }
    return implicitMx(destination, options)
  }
  const records = answer.records.map(({ exchange, priority }) => ({
    name: exchange.toLowerCase().replace(/\.$/, ''),
    priority,
    order: random(),
  }))
  // RFC 7505: the single record `0 .` says that the domain takes no mail.
  if (records.every(({ name }) => name === ''))
    return { reply: `556 5.1.10 the domain ${destination} accepts no mail (null MX)` }
  const sorted = records.filter(({ name }) => name !== '').sort((a, b) => a.priority - b.priority || a.order - b.order)
  // RFC 5321, 5.1: a host that finds itself in the list uses only those before it.
  const own = sorted.find(({ name }) => name === hostName)
  const usable = own === undefined ? sorted : sorted.filter(({ priority }) => priority < own.priority)
  const [best] = usable
  if (best === undefined) return loops(destination)
  const site = usable
    .filter(({ priority }) => priority === best.priority)
    .map(({ name }) => name)
    .sort()
    .join(',')
  return { site, hosts: usable.map(({ name }) => hostOf(name, options)) }
}

function hostOf(name: string, { smtpPort, allowLoopback = smtpPort !== 25 }: RouterOptions): RouteHost {
  return { name, port: smtpPort, notHere: !allowLoopback }
}

/** A domain without MX records that has an address is its own mail server. */
async function implicitMx(destination: string, options: RouterOptions): Promise<MailHosts | NoRoute> {
  const { resolver, hostName } = options
  if (destination === hostName) return loops(destination)
  const answer = await resolver.addresses(destination)
  if ('records' in answer) return { site: destination, hosts: [hostOf(destination, options)] }
  if (answer.none === 'trouble')
    return { reply: `451 4.4.3 looking up the address of ${destination} failed: ${answer.detail}` }
  return { reply: `550 5.1.2 the domain ${destination} has neither mail servers nor an address` }
}

const loops = (destination: string): NoRoute => ({
  reply: `554 5.4.6 the best mail server of ${destination} is this one: mail loops back to itself`,
})
