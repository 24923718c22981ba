import type { PolicyConfig } from '@postrider/runtime-config/config'
import { DEFAULT_POLICY, matchesDomain } from './route.ts'
import type { Busy, NoRoute, ResolvedRoute } from './route.ts'
import { mailHosts } from './mail-hosts.ts'
import type { MailHosts, MailHostsOptions } from './mail-hosts.ts'

export interface RouterOptions extends MailHostsOptions {
  policies: PolicyConfig[]
}

/** Finds the hosts for a domain: those of the first matching policy if it names a route, else those in the DNS. */
export async function resolveRoute(
  destination: string,
  options: RouterOptions,
): Promise<ResolvedRoute | NoRoute | Busy> {
  let found: MailHosts | NoRoute | Busy | undefined
  const policies = options.policies.filter(({ domains }) =>
    domains.some((pattern) => matchesDomain(pattern, destination)),
  )
  let chosen: PolicyConfig | undefined
  for (const policy of policies) {
    // The DNS is asked only if a policy matches on MX hosts, or if no policy replaces them: a sandbox needs no DNS.
    if (policy.mx.length > 0) found ??= await mailHosts(destination, options)
    if (found !== undefined && 'later' in found) return found
    if (policy.mx.length > 0 && !matchesBest(policy.mx, found)) continue
    chosen = policy
    break
  }
  if (chosen?.route !== undefined) {
    const { host, port } = chosen.route
    const hosts = [{ name: host, port, preference: 0, reach: 'anywhere' as const }]
    return { name: `${host}:${port}`, hosts, ...settings(chosen) }
  }
  found ??= await mailHosts(destination, options)
  return 'hosts' in found ? { ...found, ...settings(chosen) } : found
}

function matchesBest(patterns: string[], found: MailHosts | NoRoute | undefined): boolean {
  if (found === undefined || 'reply' in found) return false
  // All best hosts must match: which of them is tried first is random, and whether a policy applies must not be.
  const best = found.hosts.filter(({ preference }) => preference === 0)
  return best.every(({ name }) => patterns.some((pattern) => matchesDomain(pattern, name)))
}

function settings(policy: PolicyConfig | undefined) {
  const { tls, connections, messagesPerConnection, pool } = { ...DEFAULT_POLICY, pool: undefined, ...policy }
  return { tls, connections, messagesPerConnection, pool }
}
