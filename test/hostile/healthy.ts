import { fork } from 'node:child_process'
import { join } from 'node:path'
import { quantile } from '../bench/quantile.ts'
import { now } from './clock.ts'
import type { Sent, StreamOptions } from './healthy-process.ts'
import type { Remotes } from './remote/remotes.ts'

/** From a message's final dot at submission to its arrival. Milliseconds. */
export interface Sample {
  sentAt: number
  ms: number
}

/** A steady stream of mail to a destination that is well: what everybody else notices of hostile remotes. */
export interface Healthy {
  /** Stops sending until `resume`. */
  rest(): void
  resume(): void
  /** Of the messages sent in a span and accepted; one that has not arrived counts with the time it has waited so far. */
  samples(from: number, to: number): Sample[]
  /** Messages that arrived more than once, and messages that have not arrived. */
  count(): { sent: number; twice: number; missing: number }
  stop(): void
}

export const HEALTHY_DOMAIN = 'healthy.test'

export function startHealthy(port: number, remotes: Remotes, perSecond: number): Healthy {
  const child = fork(join(import.meta.dirname, 'healthy-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const accepted = new Map<string, number>()
  child.on('message', ({ subject, at }: Sent) => accepted.set(subject, at))
  child.send({ port, perSecond, domain: HEALTHY_DOMAIN } satisfies StreamOptions)

  /** Arrivals by subject. */
  const arrivals = (): Map<string, number[]> => {
    const found = new Map<string, number[]>()
    for (const { taken, subject, endedAt } of remotes.transactions) {
      if (!taken || !subject.startsWith('healthy-')) continue
      found.set(subject, [...(found.get(subject) ?? []), endedAt])
    }
    return found
  }
  return {
    rest: () => void child.send({ resting: true }),
    resume: () => void child.send({ resting: false }),
    samples(from, to) {
      const arrived = arrivals()
      return [...accepted]
        .filter(([, at]) => at >= from && at < to)
        .map(([subject, at]) => ({ sentAt: at, ms: (arrived.get(subject)?.[0] ?? now()) - at }))
    },
    count() {
      const arrived = arrivals()
      return {
        sent: accepted.size,
        twice: [...arrived.values()].filter(({ length }) => length > 1).length,
        missing: [...accepted.keys()].filter((subject) => !arrived.has(subject)).length,
      }
    },
    stop: () => child.disconnect(),
  }
}

export const p95 = (samples: Sample[]): number =>
  quantile(
    samples.map(({ ms }) => ms),
    0.95,
  )
