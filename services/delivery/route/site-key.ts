import type { Sender, ResolvedRoute } from './route.ts'

/** The key of a site. Two destinations share connections and findings about their hosts only if their keys are equal.
 *
 * The key contains every host with its preference, not only the best hosts: a connection to the backup host of one domain must never carry
 * mail of another domain that does not list this host. It contains the values of the configuration, not only names: after a change of a
 * pool's addresses or a policy's TLS setting, new connections are opened. `settings`: see connectionSettings. */
export function siteKey(route: ResolvedRoute, sender: Sender, settings: string): string {
  const { tls, requireTls = false, connections, messagesPerConnection } = route
  const hosts = route.hosts.map(({ name, port, preference, reach }) => `${preference} ${name} ${port} ${reach}`).sort()
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
