import { createHash } from 'node:crypto'
import { accountNames, authConfig } from '@postrider/broker/accounts'

/** Content of the Secret of the broker's accounts: their passwords, and the files that nats-server reads. Pure. */

/** Maximum of a platform. The permissions cover all shards, so that adding shards needs no reload of the broker. */
const MAX_SHARDS = 16
/** Account with which the servers of a cluster connect to each other. */
const ROUTE = 'route'
const ROUTE_PORT = 6222

/** All names that need a password. */
export const BROKER_ACCOUNTS = [...accountNames(MAX_SHARDS), ROUTE]

export interface AccountsInputs {
  passwords: Record<string, string>
  /** nats://host:port of each server. */
  servers: string[]
  /** What a server reloads with its accounts: its configuration and its certificate. */
  beside: string[]
}

export interface AccountsSecret {
  data: Record<string, string>
  /** A server that has loaded these files reports this tag. */
  tag: string
}

export function accountsSecret({ passwords, servers, beside }: AccountsInputs): AccountsSecret {
  const accounts = authConfig(passwords, MAX_SHARDS)
  const hosts = hostsOf(servers)
  const routes: Record<string, string> =
    hosts.length > 1 ? { 'routes.conf': routesConfig(hosts, passwords[ROUTE] ?? '') } : {}
  const hash = createHash('sha256')
    .update(JSON.stringify([accounts, routes, beside]))
    .digest('hex')
  const tag = `accounts-${hash.slice(0, 16)}`
  return { data: { ...passwords, ...routes, 'nats.conf.auth': `server_tags: ["${tag}"]\n${accounts}` }, tag }
}

export const hostsOf = (servers: string[]): string[] => servers.map((url) => new URL(url).hostname)

/** Included in the block `cluster`. A server of an earlier release requires no password and accepts a route that sends one, so both
 * releases form one cluster during an upgrade or a rollback. */
const routesConfig = (
  hosts: string[],
  password: string,
): string => `authorization { user: ${ROUTE}, password: "${password}" }
routes: [
${hosts.map((host) => `  "nats://${ROUTE}:${password}@${host}:${ROUTE_PORT}"`).join('\n')}
]
`
