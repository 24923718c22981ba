import { setTimeout as pause } from 'node:timers/promises'
import { median } from '../bench/table.ts'
import type { Behaviour } from './behaviour.ts'
import { now } from './clock.ts'
import { p95, startHealthy } from './healthy.ts'
import type { Healthy } from './healthy.ts'
import { watchMemory } from './memory.ts'
import { Submitter } from './submitter.ts'
import type { ScriptTable, Stage } from '../support/receiver/script.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'
import { poll } from '../support/eventually.ts'

export interface TarpitLoad {
  domains: number
  messages: number
}

/** Milliseconds, in pairs of rounds: first without, then with the tarpits. */
export interface TarpitResult {
  load: TarpitLoad
  rounds: { calm: number; loaded: number }[]
  /** Healthy messages in the loaded rounds that had not arrived when the round was over. */
  late: number
  /** Of delivery. MB. */
  peakRss: number
  /** Messages to tarpits that arrived more than once, or not at all after the tarpits had ended. */
  twice: number
  missing: number
}

export const LOADS: TarpitLoad[] = [
  { domains: 25, messages: 30 },
  { domains: 200, messages: 10 },
]

/** Seconds before each reply. */
const TARPIT_SECONDS = 100
const RATE = 20
const WARM_UP_MS = 15_000
const CALM_MS = 15_000
const LOADED_MS = 30_000
/** The submissions themselves take CPU; so long after them nothing is measured. */
const SETTLE_MS = 3000
/** A reply that a tarpit holds back when it ends is still as late as the others; then the jobs that were put off return. */
const MAX_DRAIN_MS = 2 * TARPIT_SECONDS * 1000
const SUBMITTERS = 4

const STAGES: Stage[] = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'final']
const TARPIT: ScriptTable = Object.fromEntries(STAGES.map((stage) => [stage, { delayMs: TARPIT_SECONDS * 1000 }]))

/** Rounds with and without tarpits in turn, so that what the machine does meanwhile is in both. After each loaded round the
 * tarpits become ordinary servers, and the queue has to become empty. */
export async function runTarpits(load: TarpitLoad, rounds: number, say: (line: string) => void): Promise<TarpitResult> {
  const behaviours = Array.from({ length: load.domains }, (_, index) => tarpit(index + 1))
  const world = await startWorld(behaviours, { timeouts: {} })
  const healthy = startHealthy(world.platform.ports.relay, world.healthy, RATE)
  const memory = await watchMemory(world.platform)
  const result: TarpitResult = { load, rounds: [], late: 0, peakRss: 0, twice: 0, missing: 0 }
  try {
    await pause(WARM_UP_MS)
    const sent = new Set<string>()
    for (let round = 1; round <= rounds; round++) {
      const calm = await span(healthy, CALM_MS)
      for (const subject of await sendAll(world, load, round)) sent.add(subject)
      await pause(SETTLE_MS)
      const loaded = await span(healthy, LOADED_MS)
      result.rounds.push({ calm: calm.p95, loaded: loaded.p95 })
      result.late += loaded.late
      say(
        `  round ${round}: p95 ${calm.p95.toFixed(1)} ms calm, ${loaded.p95.toFixed(1)} ms with tarpits, ${loaded.late} late`,
      )
      await drain(world, sent)
      if (round < rounds) rewriteAll(world, TARPIT)
    }
    const arrived = arrivals(world)
    result.missing = missing(world, sent).length
    result.twice = arrived.length - new Set(arrived).size
    result.peakRss = memory.peak()
    return result
  } finally {
    healthy.stop()
    await memory.stop()
    await world.stop()
  }
}

/** By how much the p95 rises, median of the rounds. Percent. */
export const riseOf = ({ rounds }: TarpitResult): number =>
  median(rounds.map(({ calm, loaded }) => (loaded / calm - 1) * 100))

const tarpit = (number: number): Behaviour => ({
  name: `tarpit-${number}`,
  what: `${TARPIT_SECONDS} s before each reply`,
  hosts: { mx1: TARPIT },
  wanted: { state: 'delivered' },
})

async function span(healthy: Healthy, ms: number): Promise<{ p95: number; late: number }> {
  const from = now()
  await pause(ms)
  const to = now()
  // One that was accepted just now has a second to arrive.
  await pause(1000)
  const samples = healthy.samples(from, to)
  return {
    p95: p95(samples),
    late: samples.filter(({ sentAt, ms: waited }) => sentAt + waited > to + 1000).length,
  }
}

async function sendAll(world: World, load: TarpitLoad, round: number): Promise<string[]> {
  const submitters = Array.from({ length: SUBMITTERS }, () => new Submitter(world.platform.ports.relay))
  const subjects: string[] = []
  const sending: Promise<unknown>[] = []
  for (let message = 1; message <= load.messages; message++) {
    for (const { domains } of world.places.values()) {
      const subject = `tarpit-${round}-${subjects.length}`
      const submitter = submitters[subjects.length % SUBMITTERS]
      const to = [`kim${round}-${message}@${domains.get('a') ?? ''}`]
      if (submitter !== undefined) sending.push(submitter.send({ to, subject }))
      subjects.push(subject)
    }
  }
  await Promise.all(sending)
  for (const submitter of submitters) submitter.close()
  return subjects
}

function rewriteAll(world: World, script: ScriptTable): void {
  for (const { addresses } of world.places.values())
    for (const address of addresses.values()) world.hostile.rewrite(address, script)
}

/** The tarpits become ordinary servers; resolves when all that was sent has arrived, or the time for that is up. */
async function drain(world: World, sent: ReadonlySet<string>): Promise<void> {
  rewriteAll(world, {})
  await poll(() => missing(world, sent).length === 0, Boolean, { withinMs: MAX_DRAIN_MS, everyMs: 1000 })
}

const arrivals = (world: World): string[] =>
  world.hostile.transactions.filter(({ taken }) => taken).map(({ subject }) => subject)

function missing(world: World, sent: ReadonlySet<string>): string[] {
  const arrived = new Set(arrivals(world))
  return [...sent].filter((subject) => !arrived.has(subject))
}
