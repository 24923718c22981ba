import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { accepts } from './accepts.ts'
import { eventually } from './eventually.ts'
import { freePort } from './ports.ts'

const SOURCE = '/usr/sbin/smtp-source'
const SINK = '/usr/sbin/smtp-sink'

/** Why no load can be made here, for `skip`; false when it can. */
export function smtpLoadMissing(): string | false {
  return existsSync(SOURCE) && existsSync(SINK) ? false : 'needs the Debian package postfix (smtp-source, smtp-sink)'
}

/** smtp-sink: takes and forgets all mail, and counts it. */
export interface Sink {
  host: string
  port: number
  /** Messages taken so far: final dots that were answered with 250. */
  count(): number
  /** Resolves with the time (performance.now()) at which `count` was reached. */
  reached(count: number, withinMs: number): Promise<number>
  stop(): Promise<void>
}

export async function startSink(): Promise<Sink> {
  const port = await freePort()
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(SINK, ['-c', ...user, '-m', '2000', `127.0.0.1:${port}`, '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let count = 0
  let rest = ''
  const waiting = new Set<{ count: number; resolve: (at: number) => void }>()
  child.stdout.on('data', (chunk: Buffer) => {
    // `sess=1 quit=0 mesg=17\r`, over and over; a piece may end anywhere.
    rest = (rest + chunk.toString('latin1')).slice(-200)
    const last = [...rest.matchAll(/mesg=(\d+)(?=\s)/g)].at(-1)
    if (last === undefined) return
    count = Number(last[1])
    const now = performance.now()
    for (const waiter of waiting) if (count >= waiter.count) waiter.resolve(now)
  })
  await eventually(async () => assert.ok(await accepts(port), `smtp-sink does not listen on ${port}`))
  return {
    host: '127.0.0.1',
    port,
    count: () => count,
    async reached(wanted, withinMs) {
      if (count >= wanted) return performance.now()
      let waiter: { count: number; resolve: (at: number) => void } | undefined
      let timer: NodeJS.Timeout | undefined
      try {
        return await new Promise<number>((resolve, reject) => {
          waiter = { count: wanted, resolve }
          waiting.add(waiter)
          timer = setTimeout(
            () => reject(new Error(`the sink has ${count} of ${wanted} messages after ${withinMs} ms`)),
            withinMs,
          )
        })
      } finally {
        clearTimeout(timer)
        if (waiter !== undefined) waiting.delete(waiter)
      }
    },
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

export interface Load {
  to: { host: string; port: number }
  messages: number
  /** Connections at a time. */
  sessions: number
  /** Octets of content. */
  length: number
  /** Many messages a connection; else one. */
  reuse: boolean
  from: string
  recipient: string
}

/** smtp-source: sends as fast as it is answered. Resolves with the times (performance.now()) of its first connect, to
 * within a few milliseconds, and of its last 250. Any other reply than expected ends it and rejects. */
export async function runSource(load: Load): Promise<{ startedAt: number; endedAt: number }> {
  const { to, messages, sessions, length, reuse, from, recipient } = load
  const counts = ['-m', String(messages), '-s', String(sessions), '-l', String(length)]
  const names = ['-M', 'load.sender.test', '-f', from, '-t', recipient]
  const startedAt = performance.now()
  const child = spawn(SOURCE, [...(reuse ? ['-d'] : []), ...counts, ...names, `${to.host}:${to.port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`smtp-source ended with ${code ?? 'a signal'}: ${errors.slice(0, 1000)}`)
  return { startedAt, endedAt: performance.now() }
}
