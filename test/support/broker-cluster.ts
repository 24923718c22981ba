import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findBroker } from '@postrider/standalone/nats-server/find'
import { serverConfig } from '@postrider/standalone/nats-server/server-config'
import type { ServerTls } from '@postrider/standalone/nats-server/server-config'
import { accountConfig, serviceAccounts } from '@postrider/broker/accounts'
import type { Broker, BrokerAccess } from '@postrider/broker/connection'
import { BOTH_ENDS, makeLocalCertificate } from '@postrider/tls/local-certificate'
import { startHoldingProxy } from './holding-proxy.ts'
import { portsInARow } from './ports.ts'
import { eventually } from './eventually.ts'

const SERVERS = 3
const HOST = '127.0.0.1'

/** One nats-server of the cluster. */
export interface ClusterServer {
  name: string
  url: string
  /** Suspends the process, as a machine that stalls. */
  freeze(): void
  thaw(): void
  kill(): Promise<void>
  /** Lame duck mode: clients are asked to leave, then the server ends. */
  leave(): Promise<void>
  start(): Promise<void>
  /** Deletes the store; the server must not run. */
  wipe(): void
}

export interface TestCluster {
  servers: ClusterServer[]
  folder: string
  passwordsFile: string
  caFile: string
  access(account: string): BrokerAccess
  /** Holds back all that goes between this server and the others, until the returned function is called. */
  isolate(index: number): () => void
  /** Resolves when each server says that its streams are up to date. */
  healthy(): Promise<void>
  /** The server that leads a stream. */
  leaderOf(broker: Broker, stream: string): Promise<ClusterServer | undefined>
  stop(options?: { keep: boolean }): Promise<void>
}

/** Three real nats-servers on loopback with TLS, accounts and synced writes, and a proxy on each route. */
export async function startCluster({ shards }: { shards: number }): Promise<TestCluster> {
  const binary = await findBroker()
  const folder = mkdtempSync(join(tmpdir(), 'postrider-cluster-'))
  const tls = await writeCertificates(folder)
  const passwords = Object.fromEntries(serviceAccounts(shards).map((name) => [name, `password-of-${name}`]))
  const passwordsFile = join(folder, 'accounts.json')
  writeFileSync(passwordsFile, JSON.stringify(passwords))
  const first = await portsInARow(3 * SERVERS)
  const indexes = Array.from({ length: SERVERS }, (_, index) => index)
  const port = { client: first, route: first + SERVERS, monitor: first + 2 * SERVERS }
  const proxies = await Promise.all(
    indexes.flatMap((from) =>
      indexes
        .filter((to) => to !== from)
        .map(async (to) => ({ from, to, proxy: await startHoldingProxy({ host: HOST, port: port.route + to }) })),
    ),
  )
  const servers = indexes.map((index) => {
    const own = join(folder, `broker-${index}`)
    mkdirSync(own)
    const routes = proxies.filter(({ from }) => from === index).map(({ proxy }) => `${HOST}:${proxy.port}`)
    const listen = `${HOST}:${port.client + index}`
    const config = serverConfig({
      listen,
      storeFolder: join(own, 'store'),
      auth: `accounts {\n${accountConfig(passwords, shards)}}\n`,
      tls,
      cluster: {
        serverName: `broker-${index}`,
        listen: `${HOST}:${port.route + index}`,
        routes,
        password: 'route',
        tls,
      },
    })
    const more = `http: "${HOST}:${port.monitor + index}"\nlame_duck_duration: "30s"\nlame_duck_grace_period: "2s"\n`
    writeFileSync(join(own, 'nats.conf'), more + throughProxies(config))
    return createServer(binary, own, `tls://${listen}`, port.monitor + index)
  })
  const access = (user: string): BrokerAccess => ({
    servers: servers.map(({ url }) => url),
    user,
    password: passwords[user] ?? '',
    tls: { caFile: tls.caFile },
  })
  await Promise.all(servers.map((server) => server.start()))
  const cluster: TestCluster = {
    servers,
    folder,
    passwordsFile,
    caFile: tls.caFile,
    access,
    isolate(index) {
      const between = proxies.filter(({ from, to }) => from === index || to === index)
      for (const { proxy } of between) proxy.hold()
      return () => {
        for (const { proxy } of between) proxy.release()
      }
    },
    healthy: async () => {
      await Promise.all(servers.map((server) => server.healthy()))
    },
    async leaderOf(broker, stream) {
      const { cluster: group } = await broker.jsm.streams.info(stream)
      return servers.find(({ name }) => name === group?.leader)
    },
    async stop({ keep } = { keep: false }) {
      await Promise.all(servers.map((server) => server.kill()))
      for (const { proxy } of proxies) proxy.close()
      if (!keep) rmSync(folder, { recursive: true, force: true })
    },
  }
  await cluster.healthy()
  return cluster
}

/** Servers tell each other the addresses of the third one, and may connect there before their own route to the proxy stands: then nothing would
 * be held back. What they tell leads nowhere. */
const throughProxies = (config: string): string =>
  config.replace('  no_advertise: true\n', `  no_advertise: true\n  advertise: "${HOST}:1"\n`)

async function writeCertificates(folder: string): Promise<ServerTls> {
  const files = {
    caFile: join(folder, 'ca.pem'),
    certFile: join(folder, 'server.pem'),
    keyFile: join(folder, 'server.key'),
  }
  const { ca, cert, key } = await makeLocalCertificate(['localhost', HOST], Date.now(), BOTH_ENDS)
  for (const [file, text] of [
    [files.caFile, ca],
    [files.certFile, cert],
    [files.keyFile, key],
  ] as const)
    writeFileSync(file, text)
  return files
}

const HEALTHY_MS = 120_000

function createServer(binary: string, own: string, url: string, monitor: number) {
  let child: ChildProcess | undefined
  const log = join(own, 'log')
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill(signal)
    await ended
  }
  return {
    name: own.slice(own.lastIndexOf('/') + 1),
    url,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    kill: () => end('SIGKILL'),
    leave: () => end('SIGUSR2'),
    start: async () => {
      child = spawn(binary, ['-c', join(own, 'nats.conf'), '--log', log], {
        stdio: 'ignore',
        env: { ...process.env, GOMAXPROCS: '1' },
      })
      await pause(100)
      if (child.exitCode !== null) throw new Error(`nats-server did not start: ${readFileSync(log, 'utf8')}`)
    },
    wipe: () => rmSync(join(own, 'store'), { recursive: true, force: true }),
    async healthy() {
      await eventually(async () => {
        const answer = await fetch(`http://${HOST}:${monitor}/healthz`)
        if (!answer.ok) throw new Error(`${own} is not healthy: ${await answer.text()}`)
      }, HEALTHY_MS)
    },
  }
}
