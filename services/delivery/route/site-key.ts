import { hash } from 'node:crypto'
import type { TimeoutConfig } from '@postrider/runtime-config/config'
import type { Sender, Way } from './route.ts'

/** The configuration that a connection is opened under, besides its route. */
export interface SiteMeaning {
  sender: Sender
  timeouts: TimeoutConfig
  resolvers: string[]
  internalNetworks: string[]
}

/** Two destinations share connections, and what was learned about their hosts, only when this is the same for both.
 *
 * It covers every host with its preference, not the best ones alone: a connection to the backup of one domain must never carry the
 * mail of another domain that does not list that host. It covers the configuration by value, not by name: a pool that gets other
 * addresses, or a policy that now requires TLS, starts with new connections. */
export function siteKey(way: Way, { sender, timeouts, resolvers, internalNetworks }: SiteMeaning): string {
  const { tls, requireTls = false, connections, messagesPerConnection } = way
  const hosts = way.hosts
    .map(({ name, port, preference, reach }) => [preference, name, port, reach])
    .sort((a, b) => (a.join() < b.join() ? -1 : 1))
  const { pool = null, ehloName, addresses } = sender
  const meaning = [hosts, tls, requireTls, connections, messagesPerConnection, pool, ehloName, addresses]
  return hash(
    'sha256',
    JSON.stringify([...meaning, Object.entries(timeouts).sort(), resolvers, internalNetworks]),
    'base64url',
  )
}
