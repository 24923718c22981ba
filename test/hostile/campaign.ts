import { setTimeout as pause } from 'node:timers/promises'
import type { Behaviour } from './behaviour.ts'
import { now } from './clock.ts'
import { p95, startHealthy } from './healthy.ts'
import type { Healthy } from './healthy.ts'
import { watchMemory } from './memory.ts'
import type { Memory } from './memory.ts'
import { cancelRest, killDelivery, tryBehaviour } from './run.ts'
import type { Tried } from './run.ts'
import { startWorld } from './world.ts'
import type { World } from './world.ts'

/** A behaviour with what a healthy destination noticed of it. Times in milliseconds, memory in MB. */
export interface Row extends Tried {
  /** In the seconds before, and while it was tried. */
  calmP95: number
  p95: number
  rss: number
}

export interface CampaignResult {
  rows: Row[]
  /** Of delivery, over all. */
  peakRss: number
  healthy: { sent: number; twice: number; missing: number }
}

export interface CampaignOptions {
  behaviours: Behaviour[]
  say: (line: string) => void
}

/** Messages a second to the healthy destination. */
const RATE = 20
const WARM_UP_MS = 10_000
const CALM_MS = 6000
/** Behaviours tried at the same time. */
const GROUP = 20
/** What was sent last to the healthy destination has arrived by then. */
const SETTLE_MS = 3000

/** Tries all behaviours, some at a time, beside a steady stream to a healthy destination. */
export async function runCampaign({ behaviours, say }: CampaignOptions): Promise<CampaignResult> {
  const world = await startWorld(behaviours)
  const healthy = startHealthy(world.platform.ports.relay, world.healthy, RATE)
  const memory = await watchMemory(world.platform)
  try {
    await pause(WARM_UP_MS)
    const rows: Row[] = []
    for (const group of groupsOf(behaviours)) {
      const calmFrom = now()
      await pause(CALM_MS)
      const calmTo = now()
      const tried = await Promise.all(group.map((one) => tryOne(world, one, healthy, memory)))
      const calmP95 = p95(healthy.samples(calmFrom, calmTo))
      for (const one of tried) {
        const row = { ...one, calmP95, p95: p95(healthy.samples(one.from, one.to)), rss: memory.max(one.from, one.to) }
        rows.push(row)
        say(lineOf(row))
      }
      for (const one of group) await cancelRest(world, one)
    }
    healthy.rest()
    await pause(SETTLE_MS)
    return { rows, peakRss: memory.peak(), healthy: healthy.count() }
  } finally {
    healthy.stop()
    await memory.stop()
    await world.stop()
  }
}

/** A fault of the harness is a difference like any other, and the rest goes on. */
async function tryOne(world: World, behaviour: Behaviour, healthy: Healthy, memory: Memory): Promise<Tried> {
  const from = now()
  const kill = async (): Promise<void> => {
    // What is in flight at a kill may come twice; here nothing is.
    healthy.rest()
    await pause(SETTLE_MS)
    await killDelivery(world)
    await memory.restarted()
    healthy.resume()
  }
  try {
    return await tryBehaviour(world, behaviour, { kill })
  } catch (error) {
    return { behaviour, wanted: '', seen: '', differences: [String(error)], from, to: now() }
  }
}

/** Quick ones together, slow ones together, and each that kills delivery by itself at the end. */
export function groupsOf(behaviours: Behaviour[]): Behaviour[][] {
  const alone = behaviours.filter(({ killsDelivery }) => killsDelivery === true)
  const others = behaviours.filter((one) => !alone.includes(one)).sort((a, b) => weightOf(a) - weightOf(b))
  const groups = Array.from({ length: Math.ceil(others.length / GROUP) }, (_, at) =>
    others.slice(at * GROUP, (at + 1) * GROUP),
  )
  return [...groups, ...alone.map((one) => [one])]
}

const weightOf = ({ slow = false, seconds = 0 }: Behaviour): number => seconds + (slow ? 1 : 0)

function lineOf({ behaviour, differences, wanted, seen, calmP95, p95: loaded, rss, from, to }: Row): string {
  const verdict = differences.length === 0 ? 'pass' : 'FAIL'
  const figures = `p95 ${calmP95.toFixed(0)} -> ${loaded.toFixed(0)} ms, ${rss.toFixed(0)} MB, ${((to - from) / 1000).toFixed(0)} s`
  return [
    `${verdict}  ${behaviour.name}: ${behaviour.what} (${figures})`,
    ...(differences.length === 0 ? [] : [`        wanted ${wanted}`, `        seen ${seen}`]),
    ...differences.map((difference) => `        ${difference}`),
  ].join('\n')
}
