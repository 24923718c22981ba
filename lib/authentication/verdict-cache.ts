import { createHmac, randomBytes } from 'node:crypto'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { BadVerifierError, DUMMY_VERIFIER, verifyPassword } from './hash.ts'
import { createFairQueue, TooManyLoginsError } from './turns.ts'
import type { Asker } from './turns.ts'

export { TooManyLoginsError }

/** On whose behalf a password is checked. */
export interface Claimant extends Asker {
  /** Called just before each hash, which may be seconds after the request; the check rejects with any error that it throws. */
  checkAllowed?: () => void
}

export interface Verdicts {
  /** Whether the password matches one of the verifiers. Without verifiers: false, after the time that a wrong password takes. Rejects
   * with TooManyLoginsError, with BadVerifierError, or with what the claimant's `checkAllowed` throws. */
  check(address: string, password: string, verifiers: string[], claimant?: Claimant): Promise<boolean>
  /** The remembered result of an earlier check, without a hash; undefined if there is none. */
  remembered(address: string, password: string, verifiers: string[]): boolean | undefined
}

export interface VerdictOptions {
  /** Monotonic milliseconds by default. */
  now?: () => number
  verify?: typeof verifyPassword
  /** Maximum number of remembered right passwords, and of wrong ones; each takes about 150 octets. */
  maxRemembered?: number
  rememberedMs?: number
  /** Concurrent scrypt runs: each occupies one of four threads and 16 MB; the other two threads are for signing. */
  maxRunning?: number
  maxWaiting?: number
  /** Maximum number of waiting checks of one asker. */
  maxPerAsker?: number
}

/** Checks passwords and remembers right ones, so that a client that logs in for each message does not cost 40 ms each time. A remembered
 * result depends on the verifiers, so it no longer applies when they change. Passwords are stored only as an HMAC under a key of this
 * process. Wrong passwords are remembered separately, so that a program that keeps using its old password costs nothing, and a password
 * that is tried on many connections at once is checked once. */
export function createVerdicts(options: VerdictOptions = {}): Verdicts {
  const {
    now = () => performance.now(),
    verify = verifyPassword,
    maxRemembered = 20_000,
    rememberedMs = 10 * 60_000,
  } = options
  const key = randomBytes(32)
  const rightUntil = new BoundedMap<number>(maxRemembered)
  // Separate, so that guesses displace only guesses, and no right passwords.
  const wrongUntil = new BoundedMap<number>(maxRemembered)
  const pending = new Map<string, Promise<boolean>>()
  const inTurn = createFairQueue(options.maxRunning ?? 2, options.maxWaiting ?? 500, options.maxPerAsker ?? 50)

  const markOf = (address: string, password: string, verifiers: string[]): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([address, password, verifiers]))
      .digest('base64')

  async function matchesOne(password: string, verifiers: string[], claimant?: Claimant): Promise<boolean> {
    const hash = (verifier: string): Promise<boolean> => {
      claimant?.checkAllowed?.()
      return verify(password, verifier)
    }
    // One after another, and at least one: an unknown user takes as long as a known one.
    for (const verifier of verifiers.length > 0 ? verifiers : [DUMMY_VERIFIER]) {
      if (await inTurn(async () => hash(verifier), claimant)) return true
    }
    return false
  }

  function recall(until: BoundedMap<number>, mark: string): boolean {
    const known = (until.get(mark) ?? -Infinity) > now()
    if (!known) until.delete(mark)
    return known
  }

  function verdictOf(mark: string): boolean | undefined {
    if (recall(rightUntil, mark)) return true
    return recall(wrongUntil, mark) ? false : undefined
  }

  const verdicts: Verdicts = {
    remembered: (address, password, verifiers) => verdictOf(markOf(address, password, verifiers)),
    async check(address, password, verifiers, claimant) {
      const mark = markOf(address, password, verifiers)
      const known = verdictOf(mark)
      if (known !== undefined) return known
      const others = pending.get(mark)
      if (others !== undefined) {
        return others.catch((error: unknown) => {
          if (error instanceof BadVerifierError || error instanceof TooManyLoginsError) throw error
          // An error of the other claimant, such as a block of its network, does not apply to this one.
          claimant?.checkAllowed?.()
          return verdicts.check(address, password, verifiers, claimant)
        })
      }
      const run = matchesOne(password, verifiers, claimant).finally(() => pending.delete(mark))
      pending.set(mark, run)
      const right = await run
      const until = right ? rightUntil : wrongUntil
      until.set(mark, now() + rememberedMs)
      return right
    },
  }
  return verdicts
}
