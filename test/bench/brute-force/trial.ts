import { setTimeout as pause } from 'node:timers/promises'
import { startPlatform } from '../../support/platform.ts'
import { startReceiver } from '../../support/receiver/receiver.ts'
import { ingressOf } from '../ingress.ts'
import { submitOnce, submitSteadily } from '../submission.ts'
import type { Login, Submission } from '../submission.ts'
import { attack } from './attack.ts'
import { probe } from './blocked.ts'
import type { Probe } from './blocked.ts'
import type { Counts } from './outcome.ts'
import { verificationCpuMs } from './verification.ts'

export interface TrialOptions {
  /** The owner logged in before, from the address he uses; else each of his mails comes from one nobody ever logged in from. */
  familiar: boolean
  guesses: number
  addresses: number
}

export interface Trial extends TrialOptions {
  counts: Counts
  seconds: number
  /** Of the ingress during the attack, the owner's mails included. */
  cpuSeconds: number
  /** CPU of one verification, just after. Milliseconds. */
  verificationMs: number
  /** The owner's mails during the attack, and as many a second after it. */
  during: Submission[]
  after: Submission[]
  probe: Probe
}

const PER_SECOND = 5
const AFTER_MS = 20_000
/** The owner begins when the guessers are at it. */
const LATER_MS = 1000
const PROBED = 20

/** Guessers at one account of a platform of its own with its default protection, and the account's owner at work. */
export async function runTrial(options: TrialOptions): Promise<Trial> {
  const remote = await startReceiver()
  const platform = await startPlatform({ routeTo: remote })
  try {
    const ingress = await ingressOf(platform)
    const { username, password } = platform.credential
    const port = platform.ports.submissions
    const home: Login = { port, username, password, from: '127.0.0.1' }
    let moves = 0
    const owner = (): Login =>
      options.familiar ? home : { ...home, from: `127.50.${moves >> 7}.${(moves++ % 128) + 1}` }
    if (options.familiar) await submitOnce(home)

    const addresses = Array.from({ length: options.addresses }, (_, index) => `127.60.0.${index + 1}`)
    const ended = new AbortController()
    const [cpu, startedAt] = [ingress.cpuSeconds(), performance.now()]
    const work = pause(LATER_MS).then(() => submitSteadily(owner, PER_SECOND, ended.signal))
    const counts = await attack({ port, username, guesses: options.guesses, addresses })
    const seconds = (performance.now() - startedAt) / 1000
    const cpuSeconds = ingress.cpuSeconds() - cpu
    ended.abort()
    const during = await work
    return {
      ...options,
      counts,
      seconds,
      cpuSeconds,
      verificationMs: await verificationCpuMs(),
      during,
      after: await submitSteadily(owner, PER_SECOND, AbortSignal.timeout(AFTER_MS)),
      probe: await probe(port, username, password, addresses.slice(0, PROBED)),
    }
  } finally {
    await platform.stop()
    platform.remove()
    await remote.close()
  }
}
