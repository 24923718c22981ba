import { setTimeout as pause } from 'node:timers/promises'
import { freeze } from '../support/freeze.ts'
import type { TestPlatform } from '../support/platform.ts'
import { holdPort } from './hold-port.ts'
import type { Load } from './load.ts'
import type { FaultReceiver } from './receiver.ts'
import { localPorts } from './sockets.ts'
import { poll } from '../support/eventually.ts'

/** What happens in a round. A name alone: SIGKILL of a process of that service, each of its processes in turn. `delivery:stall` and
 * `broker:stall`: SIGSTOP, and SIGCONT after longer than a lease. `broker:down`: SIGKILL, and nothing listens for as long. */
export type Target = 'ingress' | 'delivery' | 'notifier' | 'broker' | 'delivery:stall' | 'broker:stall' | 'broker:down'
type Service = 'ingress' | 'delivery' | 'notifier' | 'broker'

/** One round. Times are milliseconds since the epoch. */
export interface Round {
  number: number
  killed: Target[]
  /** From here to the kill nothing was amiss. */
  from: number
  /** Just before and just after the signals were sent. */
  killedAt: number
  deadAt: number
  /** The platform's ends of the connections to the receiver that a killed or stalled delivery process had. */
  ports: Set<number>
  /** Until the platform did again what was killed, milliseconds. */
  recoveryMs: number
}

/** Longer than a lease (30 s), as an outage that nobody expects to be over at once. */
const HELD_MS = 45_000
const RECOVERY_MS = 90_000
/** What was on its way when the signal came may still be seen this long after it. */
const ECHO_MS = 50
/** Offsets of the services' telemetry ports (standalone/programs.ts). */
const TELEMETRY: Partial<Record<Service, number>> = { notifier: 0, delivery: 20, ingress: 40 }

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

/** Kills and stalls programs, each time when the one before is back, under a load that goes on. */
export async function runRounds(options: RoundsOptions): Promise<Round[]> {
  const { platform, count, steadyMs, targets, told } = options
  const rounds: Round[] = []
  const all = processesOf(await platform.programs())
  for (let number = 1; number <= count; number++) {
    const from = Date.now()
    await pause(steadyMs)
    const killed = targets(number)
    const round: Round = { number, killed, from, killedAt: 0, deadAt: 0, ports: new Set(), recoveryMs: 0 }
    const now = processesOf(await platform.programs())
    round.killedAt = Date.now()
    const ends = killed.map((target) => strike(target, now, number, options, round))
    round.deadAt = Date.now()
    await Promise.all(ends)
    const back = Date.now()
    await Promise.all(killed.map((target) => recovered(serviceOf(target), back + ECHO_MS, all, options)))
    round.recoveryMs = Date.now() - round.deadAt
    rounds.push(round)
    told(round)
  }
  return rounds
}

type Processes = Map<Service, number[]>
const serviceOf = (target: Target): Service => target.replace(/:.*/, '') as Service
const processesOf = (programs: [string, number][]): Processes =>
  new Map([...Map.groupBy(programs, ([name]) => name as Service)].map(([name, of]) => [name, of.map(([, pid]) => pid)]))

/** Sends the signal at once; resolves when what was held is let go. */
async function strike(
  target: Target,
  processes: Processes,
  number: number,
  { platform, receiver }: RoundsOptions,
  round: Round,
): Promise<void> {
  const service = serviceOf(target)
  const pids = processes.get(service) ?? []
  const pid = pids[number % pids.length] ?? fail(`${service} does not run`)
  if (service === 'delivery') {
    // Stopped first, so that what it has in flight is known exactly.
    await freeze(pid)
    for (const port of localPorts(pid, [receiver.port, receiver.slowPort])) round.ports.add(port)
  }
  if (target === 'delivery:stall' || target === 'broker:stall') {
    if (service === 'broker') await freeze(pid)
    await pause(HELD_MS)
    process.kill(pid, 'SIGCONT')
    return
  }
  process.kill(pid, 'SIGKILL')
  if (target !== 'broker:down') return
  const letGo = await holdPort(platform.ports.broker)
  await pause(HELD_MS)
  await letGo()
}

/** A program is back when there are as many of it as before, all of them ready, and its work is done again. */
async function recovered(
  service: Service,
  after: number,
  all: Processes,
  { platform, load, receiver }: RoundsOptions,
): Promise<void> {
  const signs: Record<Service, () => boolean> = {
    ingress: () => load.offered.findLast(({ acceptedAt = 0 }) => acceptedAt > after) !== undefined,
    broker: () => load.offered.findLast(({ acceptedAt = 0 }) => acceptedAt > after) !== undefined,
    delivery: () => receiver.transactions.findLast(({ begun }) => begun > after) !== undefined,
    notifier: () => true,
  }
  const wanted = all.get(service)?.length ?? 0
  const ready = async (): Promise<boolean> => {
    const present = processesOf(await platform.programs()).get(service)?.length ?? 0
    const offset = TELEMETRY[service]
    if (present < wanted || offset === undefined) return present >= wanted
    const ports = Array.from({ length: wanted }, (_, index) => platform.ports.telemetry + offset + index)
    const answers = await Promise.all(
      ports.map((port) => fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)),
    )
    return answers.every((answer) => answer?.status === 200)
  }
  const isBack = await poll(async () => signs[service]() && (await ready()), Boolean, { withinMs: RECOVERY_MS })
  if (!isBack) fail(`${service} did not come back within ${RECOVERY_MS / 1000} s:\n${platform.output()}`)
}

function fail(message: string): never {
  throw new Error(message)
}
