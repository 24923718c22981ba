import type { Sender, Way } from './route.ts'

/** Two destinations share connections, and what was learned about their hosts, only when this is the same for both.
 *
 * It covers every host with its preference, not the best ones alone: a connection to the backup of one domain must never carry the
 * mail of another domain that does not list that host. It covers the configuration by value, not by name: a pool that gets other
 * addresses, or a policy that now requires TLS, starts with new connections. `settings`: see connectionSettings. */
export function siteKey(way: Way, sender: Sender, settings: string): string {
  const { tls, requireTls = false, connections, messagesPerConnection } = way
  const hosts = way.hosts.map(({ name, port, preference, reach }) => `${preference} ${name} ${port} ${reach}`).sort()
  const { pool = null, ehloName, addresses } = sender
  return JSON.stringify([
    hosts,
    tls,
    requireTls,
    connections,
    messagesPerConnection,
    pool,
    ehloName,
    addresses,
    settings,
  ])
}
