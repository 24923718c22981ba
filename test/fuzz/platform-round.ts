import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import { createRandom } from './random.ts'
import { loginSessions, OPEN_SESSIONS } from './session-seeds.ts'
import { fuzzSessions } from './sessions.ts'
import type { Door } from './sessions.ts'
import { poll } from '../support/eventually.ts'

export interface SessionRound {
  seed: number
  sessions: number
}

export interface SessionFigures {
  /** Resident memory of the ingress after each tenth. MB. */
  rss: number[]
  /** The lowest use of its heap seen in each tenth: what is left after a collection. MB. */
  heap: number[]
  /** Messages that were taken: mutated ones that are still mail. */
  accepted: number
  refused: Record<string, number>
}

/** Fuzzed sessions at one time; the limits on a network's connections are not what is tried here. */
const AT_ONCE = 20
const LOOK_MS = 200
/** Of ten sessions, so many on the port without login, in plain before STARTTLS, and in TLS. */
const SHARES = [7, 2, 1]

/** Holds mutated sessions with a real platform, then sends a message as usual. Throws when the ingress ended, when a step failed
 * by a fault of its own, or when that message does not arrive. */
export async function fuzzPlatform({ seed, sessions }: SessionRound): Promise<SessionFigures> {
  const remote = await startReceiver()
  const platform = await startPlatform({ relay: true, routeTo: remote })
  try {
    const { ports, credential } = platform
    const login = Buffer.from(`\0${credential.username}\0${credential.password}`).toString('base64')
    const doors: Door[] = [
      { port: ports.relay, tls: false, from: '127.0.0.8', seeds: OPEN_SESSIONS },
      { port: ports.submission, tls: false, from: '127.0.0.9', seeds: loginSessions(login) },
      { port: ports.submissions, tls: true, from: '127.0.0.10', seeds: loginSessions(login) },
    ]
    const { ingress: pid } = await platform.pids()
    const random = createRandom(seed)
    const rss: number[] = []
    const heap: number[] = []
    const look = setInterval(() => {
      // While the ingress is busy an answer may be late or missing; the next one tells.
      void platform.metrics('ingress').then(noteHeap, () => undefined)
    }, LOOK_MS)
    const noteHeap = (metrics: string): void => {
      const used = Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1]) / 1e6
      heap.push(Math.min(heap.pop() ?? Infinity, used))
    }
    for (let tenth = 0; tenth < 10; tenth++) {
      for (const [index, door] of doors.entries())
        await fuzzSessions(door, Math.ceil((sessions * (SHARES[index] ?? 0)) / 100), AT_ONCE, random)
      rss.push(residentMb(pid))
      noteHeap(await platform.metrics('ingress'))
      if (tenth < 9) heap.push(Infinity)
    }
    clearInterval(look)
    const after = await platform.pids()
    if (after['ingress'] !== pid) throw new Error(`seed ${seed}: the ingress ended\n${platform.output()}`)
    const metrics = await platform.metrics('ingress')
    const refused = countsBy(metrics, 'postrider_refused_total', 'reason')
    if ((refused['internal'] ?? 0) > 0) throw new Error(`seed ${seed}: the ingress failed\n${faults(platform.state)}`)
    await platform.submit({ to: 'after@remote.test' })
    await arrival(() => remote.mails.some(({ to }) => to.includes('after@remote.test')))
    return { rss, heap, accepted: Number(/^postrider_accepted_messages_total (\d+)/m.exec(metrics)?.[1]), refused }
  } finally {
    await platform.stop()
    platform.remove()
    await remote.close()
  }
}

/** Some of the lines in which the ingress tells of faults of its own. */
function faults(state: string): string {
  const lines = readFileSync(join(state, 'logs', 'ingress-0.log'), 'utf8').split('\n')
  return lines
    .filter((line) => line.includes('"reason":"internal"'))
    .slice(0, 5)
    .join('\n')
}

function residentMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000
}

function countsBy(metrics: string, name: string, label: string): Record<string, number> {
  const found = metrics.matchAll(new RegExp(`^${name}\\{${label}="([^"]+)"\\} (\\d+)`, 'gm'))
  return Object.fromEntries([...found].map(([, value = '', count]) => [value, Number(count)]))
}

/** The queue is full of what the fuzzed sessions sent. */
async function arrival(there: () => boolean): Promise<void> {
  if (!(await poll(there, Boolean, { withinMs: 120_000 })))
    throw new Error('the message after the fuzzed ones did not arrive within two minutes')
}
