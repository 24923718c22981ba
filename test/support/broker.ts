import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findBroker } from '@postrider/standalone/nats-server/find'
import { freePort } from './ports.ts'
import { untilReady } from './eventually.ts'

export interface TestBroker {
  port: number
  url: string
  folder: string
  pid: number
  /** SIGKILL and start again on the same port and store. */
  crash(): Promise<void>
  /** Stops and starts again; `downMs` in between. */
  restart(downMs?: number): Promise<void>
  stop(): Promise<void>
}

export interface BrokerOptions {
  port?: number
  /** Who may do what, as nats-server's configuration says it; without it everybody may do everything. */
  auth?: string
}

/** A real nats-server with JetStream that syncs each write, on a free port and a store of its own. */
export async function startBroker({ port: given, auth = '' }: BrokerOptions = {}): Promise<TestBroker> {
  const binary = await findBroker()
  const folder = mkdtempSync(join(tmpdir(), 'postrider-broker-'))
  const port = given ?? (await freePort())
  const config = join(folder, 'nats.conf')
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"\nmax_payload: 8MB\njetstream { store_dir: "${join(folder, 'store')}", sync_interval: always }\n${auth}`,
  )
  let child = await launch(binary, config, folder, port)

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    folder,
    get pid() {
      return child.pid ?? 0
    },
    async crash() {
      await end('SIGKILL')
      child = await launch(binary, config, folder, port)
    },
    async restart(downMs = 0) {
      await end('SIGTERM')
      await pause(downMs)
      child = await launch(binary, config, folder, port)
    },
    async stop() {
      await end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function launch(binary: string, config: string, folder: string, port: number): Promise<ChildProcess> {
  const log = join(folder, 'log')
  const child = spawn(binary, ['-c', config, '--log', log], { stdio: 'ignore' })
  const said = (): string => (existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : '')
  await untilReady('nats-server', child, () => answers(port), { withinMs: 30_000, log: said })
  return child
}

async function answers(port: number): Promise<boolean> {
  const { createConnection } = await import('node:net')
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
