import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { CredentialFile } from '@postrider/standalone/provider/state'
import { eventually } from '../../support/eventually.ts'
import { startPlatform } from '../../support/platform.ts'
import type { TestPlatform } from '../../support/platform.ts'
import { startReceiver } from '../../support/receiver/receiver.ts'
import { ingressOf } from '../ingress.ts'
import type { Ingress } from '../ingress.ts'
import { startAttack } from './attack.ts'
import { runRound } from './round.ts'
import type { Round } from './round.ts'
import type { Variant } from './variant.ts'
import { credential } from '../../support/manifest.ts'

export interface Pair {
  calm: Round
  attacked: Round
}

/** One variant against a platform of its own. Memory of the ingress in MB. */
export interface Trial {
  variant: Variant
  pairs: Pair[]
  rssBefore: number
  /** After all attackers have been gone for a while. */
  rssAfter: number
}

export interface TrialOptions {
  pairs: number
  /** Of a round. */
  seconds: number
  say: (line: string) => void
}

/** How long a process may need to give back what it had for those who are gone. */
const CALM_DOWN_MS = 10_000

/** Calm and attacked rounds in pairs, in turn the one and the other first: what the machine does meanwhile is in both. */
export async function runTrial(variant: Variant, { pairs, seconds, say }: TrialOptions): Promise<Trial> {
  const remote = await startReceiver()
  const platform = await startPlatform({
    routeTo: remote,
    documents: [credential('slow')],
  })
  try {
    const ingress = await ingressOf(platform)
    const login = { port: platform.ports.submissions, ...platform.credential, from: '127.0.0.1' }
    const calm = (): Promise<Round> => runRound(ingress, login, seconds)
    const attacked = (): Promise<Round> => underAttack(variant, platform, ingress, calm)
    // Compiled and with its heap grown, as a process that runs for a day.
    for (let time = 0; time < 2; time++) await runRound(ingress, login, 10)
    const rssBefore = ingress.rssMb()
    const done: Pair[] = []
    for (let number = 0; number < pairs; number++) {
      const pair = await runPair(calm, attacked, number % 2 === 0)
      done.push(pair)
      const [peace, attack] = [pair.calm, pair.attacked].map(({ p95 }) => `${p95.toFixed(1)} ms`)
      say(`${variant.name}, pair ${number + 1}: p95 ${peace} calm, ${attack} attacked`)
    }
    await pause(CALM_DOWN_MS)
    return { variant, pairs: done, rssBefore, rssAfter: ingress.rssMb() }
  } finally {
    await platform.stop()
    platform.remove()
    await remote.close()
  }
}

async function runPair(calm: () => Promise<Round>, attacked: () => Promise<Round>, calmFirst: boolean): Promise<Pair> {
  if (calmFirst) return { calm: await calm(), attacked: await attacked() }
  const worse = await attacked()
  return { calm: await calm(), attacked: worse }
}

async function underAttack(
  variant: Variant,
  platform: TestPlatform,
  ingress: Ingress,
  round: () => Promise<Round>,
): Promise<Round> {
  const { username, password } = JSON.parse(
    readFileSync(join(platform.state, 'credentials', 'default.slow.json'), 'utf8'),
  ) as CredentialFile
  const { submissions, submission } = platform.ports
  const attack = startAttack(variant, { submissions, submission, username, password })
  try {
    await pause(variant.settle * 1000)
    return await round()
  } finally {
    await attack.stop()
    await eventually(async () => {
      const open = await ingress.metric('postrider_ingress_clients')
      if (open > 0) throw new Error(`${open} connections are still open`)
    })
    await pause(2000)
  }
}
