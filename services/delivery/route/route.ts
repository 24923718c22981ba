import type { PolicyConfig } from '@postrider/runtime-config/config'

/** A host that accepts mail for a destination. */
export interface RouteHost {
  /** Used to look up its addresses, to check its certificate, and in the log. */
  name: string
  port: number
  /** The lowest is used first; hosts with the same value are equally good (RFC 5321, 5.1). Counts from 0 without gaps. */
  preference: number
  /** Which addresses the host may have. A name from an MX record must not lead into an internal network. */
  reach: 'anywhere' | 'public' | 'public-or-loopback'
}

/** The identity that mail is sent with. */
export interface Sender {
  ehloName: string
  /** Name of the DeliveryPool; undefined without one. */
  pool?: string
  /** Local addresses of the pool. If it is empty, the system chooses the address. */
  addresses: string[]
}

/** The hosts of a destination, and the settings of its policy for connections to them. */
export interface ResolvedRoute {
  /** For display: the names of the best hosts, or the host and port of a policy's route. */
  name: string
  /** Best first. */
  hosts: RouteHost[]
  tls: PolicyConfig['tls']
  connections: number
  messagesPerConnection: number
  pool?: string
  /** The message was submitted with REQUIRETLS (RFC 8689), so only hosts that support it are used. */
  requireTls?: boolean
}

/** A resolved route with the key of its site. */
export interface Route extends ResolvedRoute {
  /** Key of the site (site-key.ts). Only routes with the same key share connections. */
  site: string
}

/** There is no route to the destination. The reason has the form of an SMTP reply, so that it is classified like one. */
export interface NoRoute {
  reply: string
}

/** Too many DNS lookups are in progress. The job is given back unattempted. */
export interface Busy {
  /** Milliseconds until the job may try again. */
  later: number
  /** The reason is on our side: no message expires because of it. */
  ours: true
}

/** Settings of a destination that no policy matches. */
export const DEFAULT_POLICY = { tls: 'opportunistic' as const, connections: 20, messagesPerConnection: 100 }

/** Whether a pattern matches a name. `example.org` matches itself, `*.example.org` any name below it, `*` every name. */
export function matchesDomain(pattern: string, name: string): boolean {
  if (pattern === '*') return true
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern
}
