import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { serverConfig } from '../nats-server/server-config.ts'
import type { ClusterSettings } from '../nats-server/server-config.ts'
import { writeSafely } from '../provider/write-safely.ts'
import { accountNames, authConfig } from '@postrider/broker/accounts'
import type { BrokerAccess } from '@postrider/broker/connection'
import { UsageError } from '../usage-error.ts'
import { keepPasswords } from './passwords.ts'
import { ensureRouteCertificate } from './route-certificate.ts'

/** The configuration of one nats-server on this machine. */
export interface ServerFiles {
  name: string
  url: string
  configFile: string
}

export interface BrokerFiles {
  servers: ServerFiles[]
  /** Servers, user and password for an account of the broker. */
  access: (account: string) => BrokerAccess
}

/** A broker that runs on this machine. */
export interface OwnBroker {
  /** First port; see spec.broker.port. */
  port: number
  servers: 1 | 3
  shards: number
}

const HOST = '127.0.0.1'

/** The ports of the servers: first those for clients, then, with several servers, those for the routes between them. */
export function brokerPorts({ port, servers }: Pick<OwnBroker, 'port' | 'servers'>): number[] {
  return Array.from({ length: servers === 1 ? 1 : 2 * servers }, (_, index) => port + index)
}

/** Writes the configuration files of the broker's servers below `folder`. Passwords are generated once and kept. Rejects with a UsageError
 * if the stored queue belongs to another number of servers. */
export async function writeBrokerConfig(folder: string, broker: OwnBroker): Promise<BrokerFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  refuseOtherNumber(folder, broker.servers)
  const passwords = await keepPasswords(join(folder, 'accounts.json'), accountNames(broker.shards))
  const auth = authConfig(passwords, broker.shards)
  const servers = broker.servers === 1 ? [await single(folder, broker, auth)] : await several(folder, broker, auth)
  const urls = servers.map(({ url }) => url)
  return { servers, access: (user) => ({ servers: urls, user, password: passwords[user] ?? '' }) }
}

async function single(folder: string, { port }: OwnBroker, auth: string): Promise<ServerFiles> {
  const listen = `${HOST}:${port}`
  return write('broker', join(folder, 'nats.conf'), { listen, storeFolder: join(folder, 'store'), auth })
}

async function several(folder: string, { port, servers }: OwnBroker, auth: string): Promise<ServerFiles[]> {
  const tls = await ensureRouteCertificate(join(folder, 'tls'))
  const { password = '' } = await keepPasswords(join(folder, 'route.json'), ['password'])
  const routes = Array.from({ length: servers }, (_, index) => `${HOST}:${port + servers + index}`)
  return Promise.all(
    routes.map((route, index) => {
      const name = `broker-${index}`
      const own = serverFolder(folder, index)
      const cluster: ClusterSettings = { serverName: name, listen: route, routes, password, tls }
      const listen = `${HOST}:${port + index}`
      return write(name, join(own, 'nats.conf'), { listen, storeFolder: join(own, 'store'), auth, cluster })
    }),
  )
}

async function write(
  name: string,
  configFile: string,
  settings: Parameters<typeof serverConfig>[0],
): Promise<ServerFiles> {
  await writeSafely(configFile, `# Written by postrider up at each start.\n${serverConfig(settings)}`)
  return { name, url: `nats://${settings.listen}`, configFile }
}

const serverFolder = (folder: string, index: number): string => join(folder, 'servers', String(index))

/** Throws a UsageError if the number of servers has changed. A server that joins a cluster deletes what it stored as a single server, and a
 * single server does not read what it stored in a cluster. */
function refuseOtherNumber(folder: string, servers: number): void {
  const [one, three] = [join(folder, 'store'), join(serverFolder(folder, 0), 'store')]
  const found = servers === 1 ? three : one
  if (existsSync(found)) {
    throw new UsageError(
      `spec.broker.servers is ${servers}, but the queue is in ${found}, with ${servers === 1 ? 'three servers' : 'one server'}; set it back, or use a new state folder once that queue is empty`,
    )
  }
}
