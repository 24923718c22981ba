import { setTimeout as pause } from 'node:timers/promises'
import type { Ingress } from '../ingress.ts'
import { quantile } from '../quantile.ts'
import { submitSteadily } from '../submission.ts'
import type { Login } from '../submission.ts'

/** What a client saw in one round, and what the ingress had to bear. Times in milliseconds. */
export interface Round {
  sent: number
  /** Replies that were no 250. */
  failures: string[]
  p50: number
  p95: number
  /** Connections, logged in or not, at the mean of the round. */
  open: number
  /** Connections that were not let in or ended. */
  turnedAway: number
  /** CPU of the ingress in the round. Percent of a core. */
  cpuPercent: number
  /** At the end of the round. MB. */
  rssMb: number
}

const PER_SECOND = 10
const SAMPLE_MS = 5000

/** A normal client for some seconds: ten mails a second, each in a connection of its own. */
export async function runRound(ingress: Ingress, login: Login, seconds: number): Promise<Round> {
  const [cpu, away, startedAt] = [ingress.cpuSeconds(), await turnedAway(ingress), performance.now()]
  const ended = AbortSignal.timeout(seconds * 1000)
  const open: number[] = []
  const sample = async (): Promise<void> => {
    while (!ended.aborted) {
      open.push(await ingress.metric('postrider_ingress_clients'))
      await pause(SAMPLE_MS, undefined, { signal: ended }).catch(() => undefined)
    }
  }
  const [mails] = await Promise.all([submitSteadily(() => login, PER_SECOND, ended), sample()])
  const times = mails.map(({ ms }) => ms)
  return {
    sent: mails.length,
    failures: mails.filter(({ reply }) => !reply.startsWith('250')).map(({ reply }) => reply),
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    open: open.reduce((sum, count) => sum + count, 0) / open.length,
    turnedAway: (await turnedAway(ingress)) - away,
    cpuPercent: ((ingress.cpuSeconds() - cpu) / ((performance.now() - startedAt) / 1000)) * 100,
    rssMb: ingress.rssMb(),
  }
}

const turnedAway = (ingress: Ingress): Promise<number> => ingress.metric('postrider_connections_rejected_total')
