import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ingressOf } from '../ingress.ts'
import { quantile } from '../quantile.ts'
import type { Login, Submission } from '../submission.ts'
import type { ClientSettings } from './client-process.ts'
import { CLEAN_20_MB } from './mails.ts'
import type { Row } from './row.ts'
import type { World } from './world.ts'

interface Seen {
  p50: number
  p95: number
  /** Longest time that the ingress did nothing else, as it measures it itself: its timer of 10 ms is in it. */
  lag: number
}

const ROUND_MS = 15_000
const PER_SECOND = 10
/** What scanning may add to the longest stall and to another client's p95. */
const MAX_ADDED_MS = 100

/** What another client, who submits 4 KB ten times a second, sees of 20 MB mails that one client submits one after the other. */
export async function bystander(world: World, rounds: number): Promise<Row[]> {
  const { platform } = world
  const ingress = await ingressOf(platform)
  const login = { port: platform.ports.submissions, ...platform.credential, from: '127.0.0.1' }
  const lagMs = async (): Promise<number> => (await ingress.metric('nodejs_eventloop_lag_max_seconds')) * 1000

  async function watch(big: boolean): Promise<Seen> {
    const ended = AbortSignal.timeout(ROUND_MS)
    // Each reading restarts it.
    await lagMs()
    const client = submitElsewhere(login)
    while (big && !ended.aborted) await world.submit(CLEAN_20_MB.content())
    const mails = await client
    const times = mails.map(({ ms }) => ms)
    const refused = mails.find(({ reply }) => !reply.startsWith('250'))
    if (refused !== undefined) throw new Error(`a mail beside the large ones was answered ${refused.reply}`)
    return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), lag: await lagMs() }
  }

  const seen = { off: [] as Seen[], TempFail: [] as Seen[], calm: [] as Seen[] }
  for (let round = 0; round < rounds; round++) {
    for (const mode of ['off', 'TempFail'] as const) {
      await world.scan(mode)
      if (mode === 'off') seen.calm.push(await watch(false))
      seen[mode].push(await watch(true))
    }
  }
  const middle = (mode: keyof typeof seen, of: keyof Seen): number =>
    quantile(
      seen[mode].map((one) => one[of]),
      0.5,
    )
  const pair = (what: string, of: keyof Seen): Row => {
    const [without, scanned] = [middle('off', of), middle('TempFail', of)]
    const far = scanned - without > MAX_ADDED_MS
    return { what, reply: '', without, with: scanned, ...(far ? { broken: `${what}: ${scanned.toFixed(0)} ms` } : {}) }
  }
  const calm = `${middle('calm', 'p50').toFixed(0)} and ${middle('calm', 'p95').toFixed(0)} ms without 20 MB mails`
  return [
    pair(`another client while 20 MB mails come, p50 (${calm})`, 'p50'),
    pair('the same, p95', 'p95'),
    pair('longest stall of the event loop meanwhile', 'lag'),
  ]
}

async function submitElsewhere(login: Login): Promise<Submission[]> {
  const settings: ClientSettings = { login, perSecond: PER_SECOND, ms: ROUND_MS }
  const child = fork(join(import.meta.dirname, 'client-process.ts'), [JSON.stringify(settings)])
  const [mails] = (await once(child, 'message')) as [Submission[]]
  return mails
}
