import type { PolicyConfig } from '@postrider/runtime-config/config'

/** A host that mail for a destination can be given to, in the order in which they are to be tried. */
export interface RouteHost {
  /** For TLS and the log. */
  name: string
  port: number
  /** An IP address when the route names one, else it is looked up. */
  address?: string
  /** The name came from somebody else's MX record: it must not lead to this machine. */
  notHere?: boolean
}

export interface Route {
  /** Destinations with the same site share its connections: the best MX hosts' names, or the override's host and port. */
  site: string
  hosts: RouteHost[]
  tls: PolicyConfig['tls']
  connections: number
  messagesPerConnection: number
  pool?: string
  /** For a message with REQUIRETLS (RFC 8689): only hosts that offer it. */
  requireTls?: boolean
}

/** There is no way to the destination, as the reply that a remote would give, so that it is judged like one. */
export interface NoRoute {
  reply: string
}

/** What a destination has that no policy speaks of. */
export const DEFAULT_POLICY = { tls: 'opportunistic' as const, connections: 20, messagesPerConnection: 100 }

/** `example.org` itself, `*.example.org` anything below it, `*` everything. */
export function matchesDomain(pattern: string, name: string): boolean {
  if (pattern === '*') return true
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern
}
