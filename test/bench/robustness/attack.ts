import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ProcessTree } from '../process-tree.ts'
import type { Share } from './attacker-process.ts'
import type { Target } from './slow.ts'
import { ARRIVALS } from './variant.ts'
import type { Variant } from './variant.ts'

export interface Attack {
  /** CPU that the attackers used so far. Seconds. */
  cpuSeconds(): number
  stop(): Promise<void>
}

/** So that none of them has all descriptors, or all ports of the one address. */
const PROCESSES = 2

/** Starts the attackers of a variant, dealt out among processes. */
export function startAttack({ idle, slow, oneAddress = false }: Variant, target: Target): Attack {
  const kinds: Share['kinds'] = Array.from({ length: idle }, () => 'idle')
  for (const [kind, count] of Object.entries(slow) as [Share['kinds'][number], number][]) {
    // Among the idle ones, so that the first to come are of all kinds.
    for (let number = 0; number < count; number++) kinds.splice(Math.floor((number / count) * kinds.length), 0, kind)
  }
  const children = Array.from({ length: PROCESSES }, (_, process) => {
    const share: Share = {
      target,
      kinds: kinds.filter((_, index) => index % PROCESSES === process),
      network: 20 + process,
      oneAddress,
      arrivals: ARRIVALS / PROCESSES,
    }
    return fork(join(import.meta.dirname, 'attacker-process.ts'), [JSON.stringify(share)])
  })
  const ended = children.map((child) => once(child, 'exit'))
  const tree = new ProcessTree(children.flatMap(({ pid }) => pid ?? []))
  return {
    cpuSeconds: () => tree.cpuSeconds(),
    async stop() {
      for (const child of children) if (child.connected) child.disconnect()
      await Promise.all(ended)
    },
  }
}
