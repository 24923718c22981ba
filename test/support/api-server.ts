import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeIdentity } from './cluster-identity.ts'
import { BUILT_PROGRAMS, find, needs, orFail } from './needs.ts'
import { freePort } from './ports.ts'
import { untilReady } from './eventually.ts'

export interface ApiServerOptions {
  /** With the controllers: garbage collection, the end of namespaces, the pods of Deployments (which no node takes), service
   * accounts. Default false. */
  controllerManager?: boolean
  /** More of its command line, such as `--audit-log-path=...`. */
  more?: string[]
}

export interface ApiServer {
  /** Of an administrator, path. */
  kubeconfig: string
  url: string
  /** Certificates, logs and data. */
  folder: string
  /** A kubeconfig, path, of a user who may do what RBAC grants that name and these groups: at first next to nothing. */
  userKubeconfig(name: string, groups?: string[]): Promise<string>
  /** Ends the API server by SIGKILL, and starts it again on the same port and data `downMs` later. */
  restart(downMs?: number): Promise<void>
  stop(): Promise<void>
}

/** On a busy machine it takes half a minute, else some five seconds. */
const READY_MS = 120_000

/** Why there can be no API server here, for `skip`; false when there can. */
export function apiServerMissing(options: ApiServerOptions = {}): string | false {
  const programs = ['kube-apiserver', ...(options.controllerManager === true ? ['kube-controller-manager'] : [])]
  const missing = programs.filter((name) => !existsSync(join(BUILT_PROGRAMS, name)))
  if (missing.length > 0) return orFail(`needs ${missing.join(', ')}: test/cluster/build.sh builds it`)
  return needs('etcd', 'etcd-server') || needs('openssl', 'openssl')
}

/** A real kube-apiserver with its etcd, on free ports, its data in a temporary folder, RBAC on, and no nodes. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-api-server-'))
  const [etcdPort, peerPort, port, managerPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const url = `https://127.0.0.1:${port}`
  const identity = await makeIdentity(folder)
  const kubeconfig = await identity.kubeconfig('admin', ['system:masters'], url)
  const running = new Set<Daemon>()
  const start = (name: string, program: string, args: string[]): Daemon => {
    const daemon = launch(name, program, args, folder)
    running.add(daemon)
    return daemon
  }
  // A test that ends without stopping them would leave them there.
  const atExit = (): void => {
    for (const { child } of running) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', atExit)

  async function startServer(): Promise<Daemon> {
    const args = serverArguments(etcdUrl, port, identity, options)
    const server = start('kube-apiserver', join(BUILT_PROGRAMS, 'kube-apiserver'), args)
    await ready(server, kubeconfig, url)
    return server
  }
  async function end(daemon: Daemon): Promise<void> {
    running.delete(daemon)
    daemon.child.kill('SIGKILL')
    await daemon.ended
  }
  async function stop(): Promise<void> {
    process.off('exit', atExit)
    // Nothing of it is kept, so nobody needs to be asked politely.
    await Promise.all([...running].map(end))
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    start('etcd', find('etcd') ?? 'etcd', etcdArguments(join(folder, 'etcd'), etcdUrl, `http://127.0.0.1:${peerPort}`))
    let server = await startServer()
    if (options.controllerManager === true) {
      const args = managerArguments(kubeconfig, managerPort, identity)
      start('kube-controller-manager', join(BUILT_PROGRAMS, 'kube-controller-manager'), args)
    }
    return {
      kubeconfig,
      url,
      folder,
      userKubeconfig: (name, groups = []) => identity.kubeconfig(name, groups, url),
      async restart(downMs = 0) {
        await end(server)
        await pause(downMs)
        server = await startServer()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function etcdArguments(data: string, client: string, peer: string): string[] {
  return [
    `--data-dir=${data}`,
    '--unsafe-no-fsync',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ]
}

type Identity = Awaited<ReturnType<typeof makeIdentity>>

function serverArguments(etcd: string, port: number, identity: Identity, options: ApiServerOptions): string[] {
  return [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    '--advertise-address=127.0.0.1',
    // Endpoints of the Service `kubernetes` may not be on loopback, and nobody uses them.
    '--endpoint-reconciler-type=none',
    `--tls-cert-file=${identity.server.cert}`,
    `--tls-private-key-file=${identity.server.key}`,
    `--client-ca-file=${identity.ca}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${identity.serviceAccountKey}`,
    `--service-account-signing-key-file=${identity.serviceAccountKey}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=RBAC',
    // Without controllers there is no account `default`, and pods would be refused.
    ...(options.controllerManager === true ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ...(options.more ?? []),
  ]
}

function managerArguments(kubeconfig: string, port: number, identity: Identity): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--service-account-private-key-file=${identity.serviceAccountKey}`,
    `--root-ca-file=${identity.ca}`,
    '--leader-elect=false',
  ]
}

interface Daemon {
  child: ChildProcess
  ended: Promise<void>
  logFile: string
}

function launch(name: string, program: string, args: string[], folder: string): Daemon {
  const logFile = join(folder, `${name}.log`)
  const log = openSync(logFile, 'a')
  const child = spawn(program, args, { stdio: ['ignore', log, log], cwd: folder })
  return { child, logFile, ended: new Promise((resolve) => child.once('exit', () => resolve())) }
}

/** Until it serves and has made its own roles. */
async function ready(server: Daemon, kubeconfig: string, url: string): Promise<void> {
  const { users, clusters } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
    users: [{ user: Record<'client-certificate-data' | 'client-key-data', string> }]
    clusters: [{ cluster: Record<'certificate-authority-data', string> }]
  }
  const decoded = (text: string): Buffer => Buffer.from(text, 'base64')
  const tls = {
    ca: decoded(clusters[0].cluster['certificate-authority-data']),
    cert: decoded(users[0].user['client-certificate-data']),
    key: decoded(users[0].user['client-key-data']),
    agent: false as const,
  }
  const ready = () => answersOk(`${url}/readyz`, tls)
  const log = (): string => readFileSync(server.logFile, 'utf8').slice(-4000)
  await untilReady('kube-apiserver', server.child, ready, { withinMs: READY_MS, log })
}

function answersOk(url: string, tls: object): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { ...tls, timeout: 5000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .once('timeout', function (this: { destroy(): void }) {
        this.destroy()
      })
      .once('error', () => resolve(false))
  })
}
