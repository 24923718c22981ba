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
  random?: () => number
}

/** Where mail for a domain goes: a policy's override, else its MX hosts, else the domain itself (RFC 5321, 5.1). */
export async function resolveRoute(destination: string, options: RouterOptions): Promise<Route | NoRoute> {
  const { policies } = options
  const byDomain = policies.find(
    (policy) => policy.mx.length === 0 && policy.domains.some((pattern) => matchesDomain(pattern, destination)),
  )
  if (byDomain?.route !== undefined) {
    const { host, port } = byDomain.route
    return { site: `${host}:${port}`, hosts: [{ name: host, port }], ...settings(byDomain) }
  }
  const found = await mailHosts(destination, options)
  if ('reply' in found) return found
  const [best] = found.hosts
  const policy = policies.find(
    ({ mx, domains }) =>
      domains.some((pattern) => matchesDomain(pattern, destination)) &&
      (mx.length === 0 || mx.some((pattern) => matchesDomain(pattern, best?.name ?? ''))),
  )
  const override = policy?.route
  if (override !== undefined) {
    return {
      site: `${override.host}:${override.port}`,
      hosts: [{ name: override.host, port: override.port }],
      ...settings(policy),
    }
  }
  return { ...found, ...settings(policy) }
}

function settings(policy: PolicyConfig | undefined) {
  const { tls, connections, messagesPerConnection, pool } = { ...DEFAULT_POLICY, pool: undefined, ...policy }
  return { tls, connections, messagesPerConnection, pool }
}

async function mailHosts(
  destination: string,
  options: RouterOptions,
): Promise<{ site: string; hosts: RouteHost[] } | NoRoute> {
  const { resolver, smtpPort: port, hostName, random = Math.random } = options
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
  if (best === undefined)
    return { reply: `554 5.4.6 the best mail server of ${destination} is this one: mail loops back to itself` }
  const site = usable
    .filter(({ priority }) => priority === best.priority)
    .map(({ name }) => name)
    .sort()
    .join(',')
  return { site, hosts: usable.map(({ name }) => ({ name, port })) }
}

/** A domain without MX records that has an address is its own mail server. */
async function implicitMx(
  destination: string,
  { resolver, smtpPort: port }: RouterOptions,
): Promise<{ site: string; hosts: RouteHost[] } | NoRoute> {
  const answer = await resolver.addresses(destination)
  if ('records' in answer) return { site: destination, hosts: [{ name: destination, port }] }
  if (answer.none === 'trouble')
    return { reply: `451 4.4.3 looking up the address of ${destination} failed: ${answer.detail}` }
  return { reply: `550 5.1.2 the domain ${destination} has neither mail servers nor an address` }
}
