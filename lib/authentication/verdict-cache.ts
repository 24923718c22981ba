import { createHmac, randomBytes } from 'node:crypto'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { BadVerifierError, NOBODY, verifyPassword } from './hash.ts'
import { createFairQueue, TooManyLoginsError } from './turns.ts'
import type { Asker } from './turns.ts'

export { TooManyLoginsError }

/** Who has a password checked. */
export interface Claimant extends Asker {
  /** Called when a hash is about to be made, which may be seconds after the question; what it throws, the check rejects with. */
  stillMay?: () => void
}

export interface Verdicts {
  /** Whether the password fits one of the verifiers. No verifiers: false, at the cost of a wrong password.
   * Rejects with TooManyLoginsError, with BadVerifierError, or with what the claimant's own look throws. */
  check(address: string, password: string, verifiers: string[], claimant?: Claimant): Promise<boolean>
  /** The verdict as far as it is remembered, at no cost. */
  remembered(address: string, password: string, verifiers: string[]): boolean | undefined
}

export interface VerdictOptions {
  /** Milliseconds since the epoch. */
  now?: () => number
  verify?: typeof verifyPassword
  /** Right verdicts remembered at most, and as many wrong ones; one is about 150 octets. */
  mostRemembered?: number
  rememberedMs?: number
  /** scrypt runs at once: each occupies a thread of four and 16 MB; signing needs the other two threads. */
  mostRunning?: number
  mostWaiting?: number
  /** Of those that wait, at most as many of one asker. */
  mostOfOne?: number
}

/** Checks passwords and remembers right ones, so that a client that logs in for each message does not cost 40 ms each time.
 * What is remembered is bound to the verifiers themselves: when those change or go, it fits no more. Passwords are kept only as
 * an HMAC under a key of this process. Wrong ones are remembered apart from them, so that a program that goes on trying its old
 * password costs nothing, and one tried on many connections at once is checked once. */
export function createVerdicts(options: VerdictOptions = {}): Verdicts {
  const {
    now = () => performance.now(),
    verify = verifyPassword,
    mostRemembered = 20_000,
    rememberedMs = 10 * 60_000,
  } = options
  const key = randomBytes(32)
  const rightUntil = new BoundedMap<number>(mostRemembered)
  // Of its own: guesses push out guesses, and no right verdict.
  const wrongUntil = new BoundedMap<number>(mostRemembered)
  const underWay = new Map<string, Promise<boolean>>()
  const inTurn = createFairQueue(options.mostRunning ?? 2, options.mostWaiting ?? 500, options.mostOfOne ?? 50)

  const markOf = (address: string, password: string, verifiers: string[]): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([address, password, verifiers]))
      .digest('base64')

  async function fitsOne(password: string, verifiers: string[], claimant?: Claimant): Promise<boolean> {
    const hash = (verifier: string): Promise<boolean> => {
      claimant?.stillMay?.()
      return verify(password, verifier)
    }
    // One after the other, and at least one: an unknown user takes as long as a known one.
    for (const verifier of verifiers.length > 0 ? verifiers : [NOBODY]) {
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
      const others = underWay.get(mark)
      if (others !== undefined) {
        return others.catch((error: unknown) => {
          if (error instanceof BadVerifierError || error instanceof TooManyLoginsError) throw error
          // What keeps others from an answer, such as a block of their network, need not keep us.
          claimant?.stillMay?.()
          return verdicts.check(address, password, verifiers, claimant)
        })
      }
      const run = fitsOne(password, verifiers, claimant).finally(() => underWay.delete(mark))
      underWay.set(mark, run)
      const right = await run
      const until = right ? rightUntil : wrongUntil
      until.set(mark, now() + rememberedMs)
      return right
    },
  }
  return verdicts
}
