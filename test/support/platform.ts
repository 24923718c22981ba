import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { CredentialFile } from '@postrider/standalone/provider/state'
import type { MessageAnswer, QueueAnswer } from '@postrider/message-log/messages'
import { TELEMETRY_OFFSETS } from '@postrider/resources/telemetry'
import { createTransport } from 'nodemailer'
import type { Transporter } from 'nodemailer'
import { credential, manifest, yamlOf } from './manifest.ts'
import { freePort, portsInARow } from './ports.ts'
import { untilReady } from './eventually.ts'

const run = promisify(execFile)
const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

/** Manifests beside the platform's own; specs are merged over those that every test platform has. */
export interface PlatformOptions {
  platform?: Record<string, unknown>
  domain?: Record<string, unknown>
  credential?: Record<string, unknown>
  /** Further documents, whole. */
  documents?: unknown[]
  /** Route of every destination: `host:port`. Without it mail goes by MX. */
  routeTo?: { host: string; port: number }
  /** State folder to go on with; by default a new one that is removed at the end. */
  state?: string
  /** A relay port on loopback, without TLS and login, for load generators. */
  relay?: boolean
  /** Settings of spec.broker; its port is chosen here. */
  broker?: Record<string, unknown>
  /** Processes that take mail; 1 by default. */
  ingressReplicas?: number
  /** The HTTP service, which there is none of by default. */
  api?: boolean
  /** Largest message, as spec.ingress.messageSize has it. */
  messageSize?: string
  /** Settings of spec.ingress beside those that follow from the others. */
  ingress?: Record<string, unknown>
  /** Listeners beside the usual two. */
  listeners?: unknown[]
  /** Environment of `postrider up` and so of all its programs, beside this process's. */
  env?: Record<string, string>
  /** A certificate of one's own. */
  tls?: Record<string, unknown>
}

interface Pool {
  pool?: boolean
  maxConnections?: number
  maxMessages?: number
}

export interface TestPlatform {
  folder: string
  state: string
  ports: {
    submissions: number
    submission: number
    relay: number
    api: number
    apiHttp: number
    broker: number
    telemetry: number
  }
  credential: CredentialFile
  /** That of a further SMTPCredential. */
  credentialOf(name: string): CredentialFile
  caFile: string
  output(): string
  /** Process ids by program name, as they are now. */
  pids(): Promise<Record<string, number>>
  /** All of them, where there are several of a name. */
  programs(): Promise<[name: string, pid: number][]>
  /** Submits by implicit TLS as the credential of this name. */
  transport(name?: string, pool?: Pool): Transporter
  /** Submits by implicit TLS as the credential; resolves with the queue id. */
  submit(mail: Record<string, unknown>): Promise<string>
  cli(...args: string[]): Promise<string>
  queue(...filters: string[]): Promise<QueueAnswer>
  message(id: string): Promise<MessageAnswer>
  metrics(service: 'notifier' | 'api' | 'delivery' | 'ingress'): Promise<string>
  /** Overwrites a manifest; the platform follows. */
  write(name: string, documents: unknown[]): void
  /** Ctrl-C, and the end of all programs. */
  stop(): Promise<void>
  /** Ctrl-C, then starts again on the same state. */
  restart(downMs?: number): Promise<void>
  remove(): void
}

/** Runs `postrider up`, the real one, on free ports and in a folder of its own. */
export async function startPlatform(options: PlatformOptions = {}): Promise<TestPlatform> {
  const root = mkdtempSync(join(tmpdir(), 'postrider-'))
  const folder = join(root, 'manifests')
  const state = options.state ?? join(root, 'state')
  mkdirSync(folder)
  const ports = {
    submissions: await freePort(),
    submission: await freePort(),
    relay: await freePort(),
    api: await freePort(),
    apiHttp: await freePort(),
    // Three servers take six.
    broker: await portsInARow(6),
    // As spec.telemetry.basePort wants them.
    telemetry: await portsInARow(60),
  }
  const write = (name: string, documents: unknown[]): void => {
    writeFileSync(join(folder, name), yamlOf(documents))
  }
  write('platform.yaml', manifests(options, ports))
  let child = await launch(folder, state, options.env)

  const platform: TestPlatform = {
    folder,
    state,
    ports,
    get credential() {
      return platform.credentialOf('app')
    },
    credentialOf: (name) =>
      JSON.parse(readFileSync(join(state, 'credentials', `default.${name}.json`), 'utf8')) as CredentialFile,
    caFile: join(state, 'tls', 'ca.pem'),
    output: () => child.output(),
    pids: async () => Object.fromEntries(await platform.programs()),
    async programs() {
      const { stdout } = await run('ps', ['-eo', 'pid,args', '--no-headers', '-ww'])
      const found: [string, number][] = []
      for (const line of stdout.split('\n')) {
        const [pid, ...args] = line.trim().split(/\s+/)
        const text = args.join(' ')
        const service = /services\/(\w+)\/main\.ts/.exec(text)?.[1]
        const server = text.includes(` ${join(state, 'broker')}/`) && /(\d?)\/nats\.conf/.exec(text)?.[1]
        if (typeof server === 'string') found.push([server === '' ? 'broker' : `broker-${server}`, Number(pid)])
        // A service is this platform's when its telemetry port is.
        else if (service !== undefined && belongs(Number(pid), ports.telemetry)) found.push([service, Number(pid)])
      }
      return found
    },
    transport(name = 'app', pool = {}) {
      const { username, password } = platform.credentialOf(name)
      const tls = { ca: readFileSync(platform.caFile) }
      const auth = { user: username, pass: password }
      return createTransport({ host: 'localhost', port: ports.submissions, secure: true, auth, tls, ...pool })
    },
    async submit(mail) {
      const { username } = platform.credential
      const sent = (await platform
        .transport()
        .sendMail({ from: username, text: 'hello', subject: 'test', ...mail })) as {
        response: string
      }
      return /queued as (\w+)/.exec(sent.response)?.[1] ?? ''
    },
    async cli(...args) {
      const { stdout } = await run(process.execPath, [CLI, ...args, '--state', state], { maxBuffer: 1 << 28 })
      return stdout
    },
    queue: async (...filters) => JSON.parse(await platform.cli('queue', 'ls', '--json', ...filters)) as QueueAnswer,
    message: async (id) => JSON.parse(await platform.cli('message', 'show', id, '--json')) as MessageAnswer,
    async metrics(service) {
      return (await fetch(`http://127.0.0.1:${ports.telemetry + TELEMETRY_OFFSETS[service]}/metrics`)).text()
    },
    write,
    stop: () => child.stop(),
    async restart(downMs = 0) {
      await child.stop()
      await pause(downMs)
      child = await launch(folder, state, options.env)
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
  return platform
}

/** Whether a process was started with one of these telemetry ports in its environment. */
function belongs(pid: number, basePort: number): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    const port = Number(/\0POSTRIDER_TELEMETRY_PORT=(\d+)\0/.exec(environment)?.[1])
    return port >= basePort && port < basePort + 60
  } catch {
    // It has ended since it was listed.
    return false
  }
}

async function launch(folder: string, state: string, env: Record<string, string> = {}) {
  let output = ''
  const child = spawn(process.execPath, [CLI, 'up', folder, '--state', state], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = (): boolean => /^ready in/m.test(output)
  await untilReady('postrider up', child, ready, { withinMs: 180_000, log: () => output })
  return {
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
      await ended
    },
  }
}

function manifests(options: PlatformOptions, ports: TestPlatform['ports']): unknown[] {
  const { platform, domain, documents = [], routeTo, relay } = options
  const listeners = [
    { mode: 'ImplicitTLS', port: ports.submissions, address: '127.0.0.1' },
    { mode: 'STARTTLS', port: ports.submission, address: '127.0.0.1' },
    ...(relay
      ? [
          {
            mode: 'TrustedNetworks',
            port: ports.relay,
            address: '127.0.0.1',
            networks: ['127.0.0.0/8'],
            credential: 'app@sender.test',
          },
        ]
      : []),
    ...(options.listeners ?? []),
  ]
  return [
    manifest('MailPlatform', 'mail', {
      hostName: 'mail.sender.test',
      ingress: {
        listeners,
        replicas: options.ingressReplicas ?? 1,
        ...(options.messageSize === undefined ? {} : { messageSize: options.messageSize }),
        ...(options.tls ? { tls: options.tls } : {}),
        ...options.ingress,
      },
      broker: { port: ports.broker, ...options.broker },
      api: { address: '127.0.0.1', port: ports.api, httpPort: ports.apiHttp, replicas: options.api ? 1 : 0 },
      telemetry: { basePort: ports.telemetry },
      ...platform,
    }),
    manifest('Domain', 'sender', { domainName: 'sender.test', allowedSenders: ['*@sender.test'], ...domain }),
    credential('app', options.credential),
    ...(routeTo ? [manifest('DestinationPolicy', 'route', { route: { host: routeTo.host, port: routeTo.port } })] : []),
    ...documents,
  ]
}

/** The messages in a folder of files, newest last. */
export function mailFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return (
    readdirSync(folder)
      // One that is being written has a dot before its name.
      .filter((name) => name.endsWith('.eml') && !name.startsWith('.'))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'latin1'))
  )
}
