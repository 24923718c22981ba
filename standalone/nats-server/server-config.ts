/** Paths of PEM files. */
export interface ServerTls {
  caFile: string
  certFile: string
  keyFile: string
}

export interface ServerSettings {
  /** `127.0.0.1:4222`. */
  listen: string
  storeFolder: string
  /** Accounts and their permissions, in the syntax of nats-server (see @postrider/broker/accounts). */
  auth: string
  /** TLS for clients; without it they connect in plaintext. */
  tls?: ServerTls
  cluster?: ClusterSettings
}

/** The cluster that the servers of a broker form. A connection to a route port bypasses all accounts, so it requires a password and a
 * certificate of the servers' own CA. */
export interface ClusterSettings {
  serverName: string
  listen: string
  /** Route address of each server, including this one, such as `127.0.0.1:6222`. */
  routes: string[]
  password: string
  tls: ServerTls
}

const CLUSTER = 'postrider'
const ROUTE_USER = 'route'

/** The configuration of one nats-server. */
export const serverConfig = ({
  listen,
  storeFolder,
  auth,
  tls,
  cluster,
}: ServerSettings): string => `listen: "${listen}"
# A batch of events or a record with many recipients may be over the default of 1 MB.
max_payload: 8MB
# Data that the broker buffers for a client that reads slowly.
max_pending: 256MB
jetstream {
  store_dir: ${JSON.stringify(storeFolder)}
  # A 250 means that the message is on disk: each write is synced before it is confirmed.
  sync_interval: always
  max_file_store: 1TB
}
${tls === undefined ? '' : `tls { ${tlsFiles(tls)} }\n`}${cluster === undefined ? '' : clusterConfig(cluster)}${auth}`

const clusterConfig = ({
  serverName,
  listen,
  routes,
  password,
  tls,
}: ClusterSettings): string => `server_name: ${serverName}
cluster {
  name: ${CLUSTER}
  listen: "${listen}"
  authorization { user: ${ROUTE_USER}, password: "${password}", timeout: 5 }
  tls { ${tlsFiles(tls)}, verify: true, timeout: 5 }
  # The list of routes is complete.
  no_advertise: true
  routes: [${routes.map((route) => `"nats-route://${ROUTE_USER}:${password}@${route}"`).join(', ')}]
}
`

const tlsFiles = ({ caFile, certFile, keyFile }: ServerTls): string =>
  `ca_file: ${JSON.stringify(caFile)}, cert_file: ${JSON.stringify(certFile)}, key_file: ${JSON.stringify(keyFile)}`
