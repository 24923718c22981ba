import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import { manifest } from '../support/manifest.ts'

export interface ClientSettings {
  name: string
  port: number
  caFile: string
  username: string
  password: string
}

/** What one message came to: 'unknown' when there was no reply, or one that says that the platform could not take it just then. */
export interface ClientResult {
  id: string
  outcome: 'accepted' | 'limit' | 'unknown'
  response?: string
}

export interface LimitRunOptions {
  /** Messages a day. */
  limit: number
  clients: number
  /** What is killed with SIGKILL when so many messages are accepted: every process of that name. */
  kills: { after: number; target: 'ingress' | 'broker' }[]
  say?: (line: string) => void
}

export interface LimitRun {
  /** Answered 250. */
  accepted: number
  /** Messages that were on their way to one of the processes when they were killed: a client has one at a time. */
  inFlight: number
  /** Different messages that arrived at the receiver. */
  delivered: number
  /** Of those that were accepted, the ones that never arrived. */
  lost: number
  refusals: string[]
  /** Messages that each ingress process took, of those that run at the end. */
  shares: number[]
  killed: number
}

/** Runs clients, a process each, against two ingress processes and one login with a limit a day. */
export async function runLimit({ limit, clients, kills, say = () => undefined }: LimitRunOptions): Promise<LimitRun> {
  const remote = await startReceiver()
  const platform = await startPlatform({
    routeTo: remote,
    ingressReplicas: 2,
    credential: { limitRef: { name: 'daily' } },
    documents: [manifest('SMTPLimit', 'daily', { messagesPerDay: limit })],
  })
  try {
    const results: ClientResult[] = []
    const waiting = [...kills]
    let accepted = 0
    let inFlight = 0
    let killing: Promise<void> = Promise.resolve()
    const note = (result: ClientResult): void => {
      results.push(result)
      if (result.outcome === 'accepted') accepted++
      if (result.outcome === 'unknown') inFlight++
      const [next] = waiting
      if (next === undefined || accepted < next.after) return
      waiting.shift()
      killing = killing.then(() => kill(platform, next.target, say))
    }
    await Promise.all(
      Array.from({ length: clients }, async (_, index) => {
        const settings: ClientSettings = {
          name: `client${index}`,
          port: platform.ports.submissions,
          caFile: platform.caFile,
          username: platform.credential.username,
          password: platform.credential.password,
        }
        const child = fork(join(import.meta.dirname, 'limit-client.ts'), [JSON.stringify(settings)])
        child.on('message', (message) => note(message as ClientResult))
        await once(child, 'exit')
      }),
    )
    await killing
    const ids = (): Set<string> =>
      new Set(remote.mails.flatMap(({ content }) => /^X-Load-Id: (\S+)/im.exec(content)?.[1] ?? []))
    const promised = results.filter(({ outcome }) => outcome === 'accepted').map(({ id }) => id)
    await eventually(async () => {
      const { count } = await platform.queue()
      if (count.queued + count.deferred > 0 || promised.some((id) => !ids().has(id)))
        throw new Error(
          `${ids().size} have arrived of ${promised.length} and ${count.queued + count.deferred} are queued`,
        )
    }, 120_000).catch((error: unknown) => say(String(error)))
    const arrived = ids()
    return {
      accepted,
      inFlight,
      delivered: arrived.size,
      lost: promised.filter((id) => !arrived.has(id)).length,
      refusals: results.flatMap(({ outcome, response }) => (outcome === 'limit' ? [response ?? ''] : [])),
      shares: await Promise.all([40, 41].map((offset) => acceptedBy(platform.ports.telemetry + offset))),
      killed: kills.length - waiting.length,
    }
  } finally {
    await platform.stop()
    platform.remove()
    await remote.close()
  }
}

async function kill(platform: TestPlatform, target: string, say: (line: string) => void): Promise<void> {
  const pids = (await platform.programs()).filter(([name]) => name === target).map(([, pid]) => pid)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  say(`kill -9 of ${target} (${pids.length} ${pids.length === 1 ? 'process' : 'processes'})`)
}

async function acceptedBy(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(/^postrider_accepted_messages_total (\d+)/m.exec(text)?.[1] ?? 0)
}
