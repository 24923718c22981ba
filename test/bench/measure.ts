import { setTimeout as pause } from 'node:timers/promises'
import type { Sink } from '../support/smtp-load.ts'
import { runSource } from '../support/smtp-load.ts'
import { RECIPIENT, SENDER } from './contender.ts'
import type { Contender } from './contender.ts'
import { ProcessTree } from './process-tree.ts'
import type { Usage } from './process-tree.ts'

/** One shape of load. */
export interface Cell {
  dkim: boolean
  sessions: number
  /** Many messages a connection. */
  reuse: boolean
  messages: number
}

export interface Measured {
  /** Messages a second that got their 250: from the first connect to the last 250. */
  accept: number
  /** Messages a second, from the first connect to the last message at the sink. */
  endToEnd: number
  /** CPU milliseconds a message, of all processes, until they are idle again. */
  cpuMs: number
  /** Highest sum of resident memory seen, in MB; shared pages count for each process. */
  rssMb: number
  /** The same, shared pages counted once. */
  pssMb: number
  /** CPU milliseconds a message by program. */
  profile: Record<string, Usage>
  /** Messages that the sink got beyond those sent. */
  duplicates: number
}

const LENGTH = 4096
const SAMPLE_MS = 500

/** Sends one load through a contender and measures it until it is idle again. */
export async function measure(contender: Contender, sink: Sink, cell: Cell): Promise<Measured> {
  const tree = new ProcessTree(contender.pids)
  const { sessions, reuse, messages } = cell
  let rss = 0
  let pss = 0
  let samples = 0
  const sampler = setInterval(() => {
    rss = Math.max(rss, tree.rss())
    // Dear: the kernel walks the page tables.
    if (samples++ % 4 === 0) pss = Math.max(pss, tree.pss())
  }, SAMPLE_MS)
  try {
    const before = sink.count()
    const cpuBefore = tree.cpuSeconds()
    const programsBefore = tree.byProgram()
    const load = { to: contender.relay, messages, sessions, reuse, length: LENGTH, from: SENDER, recipient: RECIPIENT }
    const arrived = sink.reached(before + messages, 300_000)
    const [{ startedAt, endedAt }, arrivedAt] = await Promise.all([runSource(load), arrived])
    await idle(tree)
    return {
      accept: (messages * 1000) / (endedAt - startedAt),
      endToEnd: (messages * 1000) / (arrivedAt - startedAt),
      cpuMs: ((tree.cpuSeconds() - cpuBefore) * 1000) / messages,
      profile: profile(programsBefore, tree.byProgram(), messages),
      rssMb: rss / 1e6,
      pssMb: pss / 1e6,
      duplicates: sink.count() - before - messages,
    }
  } finally {
    clearInterval(sampler)
  }
}

function profile(before: Map<string, Usage>, after: Map<string, Usage>, messages: number): Record<string, Usage> {
  const shares = [...after].map(([name, { userMs, kernelMs }]) => {
    const from = before.get(name) ?? { userMs: 0, kernelMs: 0 }
    const usage = { userMs: (userMs - from.userMs) / messages, kernelMs: (kernelMs - from.kernelMs) / messages }
    return [name, usage] as const
  })
  return Object.fromEntries(shares)
}

/** Waits until the tree used less than 5 % of a core for a second; what is done after the last delivery (logs, deletions)
 * is part of a message's cost, and must not burden the other contender's run. */
async function idle(tree: ProcessTree): Promise<void> {
  for (let seconds = 0; seconds < 30; seconds++) {
    const before = tree.cpuSeconds()
    await pause(1000)
    if (tree.cpuSeconds() - before < 0.05) return
  }
}
