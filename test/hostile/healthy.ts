import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '../bench/quantile.ts'
import { now } from './clock.ts'
import type { Remotes } from './remote/remotes.ts'
import { Submitter } from './submitter.ts'
import type { Accepted } from './submitter.ts'

/** Time of a message from its 250 to its arrival. Milliseconds. */
export interface Sample {
  acceptedAt: number
  ms: number
}

/** A steady stream of mail to a destination that is well: what everybody else notices of hostile remotes. */
export interface Healthy {
  /** Stops sending until `resume`. */
  rest(): void
  resume(): void
  /** Of the messages accepted in a span; one that has not arrived counts with the time it has waited so far. */
  samples(from: number, to: number): Sample[]
  /** Messages that arrived more than once, and messages that have not arrived. */
  count(): { sent: number; twice: number; missing: number }
  stop(): Promise<void>
}

export const HEALTHY_DOMAIN = 'healthy.test'
const CONNECTIONS = 4

export function startHealthy(port: number, remotes: Remotes, perSecond: number): Healthy {
  const accepted = new Map<string, Accepted>()
  const submitters = Array.from({ length: CONNECTIONS }, () => new Submitter(port))
  const ending = new AbortController()
  let resting = false
  let number = 0

  async function stream(): Promise<void> {
    let nextAt = performance.now()
    while (!ending.signal.aborted) {
      nextAt += 1000 / perSecond
      await pause(Math.max(0, nextAt - performance.now()))
      if (resting) continue
      const subject = `healthy-${++number}`
      const submitter = submitters[number % CONNECTIONS]
      void submitter?.send({ to: [`kim${number}@${HEALTHY_DOMAIN}`], subject }).then(
        (one) => accepted.set(subject, one),
        () => undefined,
      )
    }
  }
  const streaming = stream()
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
    rest: () => void (resting = true),
    resume: () => void (resting = false),
    samples(from, to) {
      const arrived = arrivals()
      return [...accepted]
        .filter(([, { at }]) => at >= from && at < to)
        .map(([subject, { at }]) => ({ acceptedAt: at, ms: Math.max(0, (arrived.get(subject)?.[0] ?? now()) - at) }))
    },
    count() {
      const arrived = arrivals()
      return {
        sent: accepted.size,
        twice: [...arrived.values()].filter(({ length }) => length > 1).length,
        missing: [...accepted.keys()].filter((subject) => !arrived.has(subject)).length,
      }
    },
    async stop() {
      ending.abort()
      await streaming
      for (const submitter of submitters) submitter.close()
    },
  }
}

export const p95 = (samples: Sample[]): number =>
  quantile(
    samples.map(({ ms }) => ms),
    0.95,
  )
