import type { PolicyConfig } from '@postrider/runtime-config/config'

/** A host that mail for a destination can be given to. */
export interface RouteHost {
  /** For TLS, for the log, and to look its addresses up. */
  name: string
  port: number
  /** Lower is better; equal ones are equally good (RFC 5321, 5.1). Counts from 0 without gaps. */
  preference: number
  /** Which addresses the host may have. A name from somebody else's MX record must not lead into a network of ours. */
  reach: 'anywhere' | 'public' | 'public-or-loopback'
}

/** What mail leaves from. */
export interface Sender {
  ehloName: string
  /** Name of the pool, and its local addresses; none of both: the system chooses the address. */
  pool?: string
  addresses: string[]
}

/** The hosts of a destination, and how its policy wants them to be spoken to. */
export interface Way {
  /** For people: the names of the best hosts, or the host and port of a policy's route. */
  name: string
  /** Best first. */
  hosts: RouteHost[]
  tls: PolicyConfig['tls']
  connections: number
  messagesPerConnection: number
  pool?: string
  /** For a message with REQUIRETLS (RFC 8689): only hosts that offer it. */
  requireTls?: boolean
}

/** A way with all that decides who may share its connections. */
export interface Route extends Way {
  /** Key of the site (site-key.ts): routes with the same one share connections, and nothing else does. */
  site: string
}

/** There is no way to the destination, as the reply that a remote would give, so that it is judged like one. */
export interface NoRoute {
  reply: string
}

/** DNS has no room for another question just now: to be tried again after so many milliseconds, without an attempt. */
export interface Busy {
  later: number
  /** No message expires for it. */
  ours: true
}

/** What a destination has that no policy speaks of. */
export const DEFAULT_POLICY = { tls: 'opportunistic' as const, connections: 20, messagesPerConnection: 100 }

/** `example.org` itself, `*.example.org` anything below it, `*` everything. */
export function matchesDomain(pattern: string, name: string): boolean {
  if (pattern === '*') return true
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern
}
