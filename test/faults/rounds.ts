import type { TestPlatform } from '../support/platform.ts'
import type { Load } from './load.ts'
import type { FaultReceiver } from './receiver.ts'

export type Target = 'ingress' | 'delivery' | 'notifier' | 'broker'

/** One kill. Times are milliseconds since the epoch. */
export interface Round {
  number: number
  killed: Target[]
  /** From here to the kill nothing was amiss. */
  from: number
  /** Just before and just after the signals were sent. */
  killedAt: number
  deadAt: number
  /** Until the platform did again what was killed, milliseconds. */
  recoveryMs: number
}

const RECOVERY_MS = 60_000
/** What was on its way when the signal came may still be seen this long after it. */
const ECHO_MS = 50

export interface RoundsOptions {
  platform: TestPlatform
  load: Load
  receiver: FaultReceiver
  count: number
  /** Each round is this long or longer: its program then has run for some time. Milliseconds. */
  steadyMs: number
  targets: (number: number) => Target[]
  told: (round: Round) => void
}

/** Kills programs with SIGKILL, each time when the one before is back, under a load that goes on. */
export async function runRounds(options: RoundsOptions): Promise<Round[]> {
  const { platform, count, steadyMs, targets, told } = options
  const rounds: Round[] = []
  for (let number = 1; number <= count; number++) {
    const from = Date.now()
    await pause(steadyMs)
    const killed = targets(number)
    const pids = await platform.pids()
    const killedAt = Date.now()
    for (const target of killed) process.kill(pids[target] ?? fail(`${target} does not run`), 'SIGKILL')
    const deadAt = Date.now()
    await Promise.all(killed.map((target) => recovered(target, deadAt + ECHO_MS, pids[target] ?? 0, options)))
    const round = { number, killed, from, killedAt, deadAt, recoveryMs: Date.now() - deadAt }
    rounds.push(round)
    told(round)
  }
  return rounds
}

/** A program is back when its work is done again; a notifier, when it says that its log is complete. */
async function recovered(target: Target, after: number, pid: number, options: RoundsOptions): Promise<void> {
  const { platform, load, receiver } = options
  const deadline = after + RECOVERY_MS
  const signs: Record<Target, () => boolean | Promise<boolean>> = {
    ingress: () => load.offered.findLast(({ acceptedAt = 0 }) => acceptedAt > after) !== undefined,
    broker: () => load.offered.findLast(({ acceptedAt = 0 }) => acceptedAt > after) !== undefined,
    delivery: () => (receiver.transactions.at(-1)?.begun ?? 0) > after,
    notifier: async () => {
      const { notifier = pid } = await platform.pids()
      const answer = await fetch(`http://127.0.0.1:${platform.ports.telemetry}/readyz`).catch(() => undefined)
      return notifier !== pid && answer?.status === 200
    },
  }
  while (!(await signs[target]())) {
    if (Date.now() > deadline) fail(`${target} did not come back within ${RECOVERY_MS / 1000} s:\n${platform.output()}`)
    await pause(50)
  }
}

function fail(message: string): never {
  throw new Error(message)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
