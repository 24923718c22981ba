import { createHash } from 'node:crypto'
import { accountNames, authConfig } from '@postrider/broker/accounts'

/** What the Secret of the broker's accounts holds: the password of each, and the files that nats-server reads. Pure. */

/** Rights are written for as many shards as a platform may ever have, so that the broker need not reload them when it has more. */
const MAX_SHARDS = 16
/** The servers of a cluster know each other by this account. */
const ROUTE = 'route'
const ROUTE_PORT = 6222

/** All names that need a password. */
export const BROKER_ACCOUNTS = [...accountNames(MAX_SHARDS), ROUTE]

export interface AccountsInputs {
  passwords: Record<string, string>
  /** nats://host:port of each server. */
  servers: string[]
  /** What else a server reloads with its accounts: its configuration and its certificate. */
  beside: string[]
}

export interface AccountsSecret {
  data: Record<string, string>
  /** Tag that a server has when this is what it has read. */
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

/** Included into the block `cluster`. A server of an earlier release asks for no password and accepts a route with one, so that
 * both kinds form one cluster while an upgrade or a rollback goes on. */
const routesConfig = (
  hosts: string[],
  password: string,
): string => `authorization { user: ${ROUTE}, password: "${password}" }
routes: [
${hosts.map((host) => `  "nats://${ROUTE}:${password}@${host}:${ROUTE_PORT}"`).join('\n')}
]
`
