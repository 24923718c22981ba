import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import { find, needs } from './needs.ts'
import { freePort } from './ports.ts'
import { untilReady } from './eventually.ts'

/** The test file of all virus scanners, in halves, so that none takes this file for it. */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD', '-ANTIVIRUS-TEST-FILE!$H+H*'].join('')
export const EICAR_NAME = 'Eicar-Test-Signature.UNOFFICIAL'

export const clamdMissing = (): string | false => needs('clamd', 'clamav-daemon')

export interface Daemon {
  /** `host:port` */
  address: string
  /** Stops answering: its process is halted, its port stays open. */
  hang(): void
  goOn(): void
  /** kill -9: its port is closed. */
  kill(): Promise<void>
  /** The same again, on the same port. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** A real clamd whose one signature is EICAR's, and which takes up to `streamMaxLength` octets. */
export async function startClamd({ streamMaxLength = '40M' } = {}): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-clamd-'))
  const port = await freePort()
  mkdirSync(join(folder, 'db'))
  writeFileSync(
    join(folder, 'db', 'eicar.ndb'),
    `Eicar-Test-Signature:0:*:${Buffer.from(EICAR, 'latin1').toString('hex')}\n`,
  )
  const config = join(folder, 'clamd.conf')
  writeFileSync(
    config,
    [
      'Foreground yes',
      'TCPAddr 127.0.0.1',
      `TCPSocket ${port}`,
      `DatabaseDirectory ${join(folder, 'db')}`,
      `TemporaryDirectory ${folder}`,
      `StreamMaxLength ${streamMaxLength}`,
      '',
    ].join('\n'),
  )
  const daemon = await runDaemon(find('clamd') ?? 'clamd', ['-c', config], port, async () =>
    (await say(port, 'zPING\0')).startsWith('PONG'),
  )
  return { ...daemon, stop: () => daemon.stop().then(() => rmSync(folder, { recursive: true, force: true })) }
}

/** Starts a daemon that stays in the foreground, and waits until it is ready. */
export async function runDaemon(
  program: string,
  args: string[],
  port: number,
  ready: () => Promise<boolean>,
): Promise<Daemon> {
  let child: ChildProcess
  let ended: Promise<void>
  const start = async (): Promise<void> => {
    let output = ''
    // A group of its own: a halted daemon's workers are halted with it.
    child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    ended = new Promise((resolve) => child.once('exit', () => resolve()))
    await untilReady(program, child, () => ready().catch(() => false), { withinMs: 120_000, log: () => output })
  }
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name)
  }
  const kill = async (): Promise<void> => {
    signal('SIGKILL')
    await ended
  }
  await start()
  return {
    address: `127.0.0.1:${port}`,
    hang: () => signal('SIGSTOP'),
    goOn: () => signal('SIGCONT'),
    kill,
    start,
    stop: kill,
  }
}

/** Sends a text and resolves with what comes back until the other side closes or says nothing for two seconds. */
function say(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text))
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.once('error', reject)
    socket.once('close', () => resolve(answer))
  })
}
