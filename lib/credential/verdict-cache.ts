import { createHmac, randomBytes } from 'node:crypto'
import { NOBODY, verifyPassword } from './hash.ts'
import { createTurns, TooBusy } from './turns.ts'

export { TooBusy }

export interface Verdicts {
  /** Whether the password fits one of the verifiers. No verifiers: false, at the cost of a wrong password.
   * Rejects with TooBusy, or with BadVerifier. */
  check(address: string, password: string, verifiers: string[]): Promise<boolean>
}

export interface VerdictOptions {
  /** Milliseconds since the epoch. */
  now?: () => number
  verify?: typeof verifyPassword
  /** Right verdicts remembered at most; one is about 150 octets. */
  mostRemembered?: number
  rememberedMs?: number
  /** scrypt runs at once: each occupies a thread of four and 16 MB; signing needs the other two threads. */
  mostRunning?: number
  mostWaiting?: number
}

/** Checks passwords and remembers right ones, so that a client that logs in for each message does not cost 40 ms each time.
 * What is remembered is bound to the verifiers themselves: when those change or go, it fits no more. Passwords are kept only as
 * an HMAC under a key of this process. Wrong ones are not remembered, but the same one tried on many connections at once is
 * checked once. */
export function createVerdicts(options: VerdictOptions = {}): Verdicts {
  const { now = Date.now, verify = verifyPassword, mostRemembered = 20_000, rememberedMs = 10 * 60_000 } = options
  const key = randomBytes(32)
  const rightUntil = new Map<string, number>()
  const underWay = new Map<string, Promise<boolean>>()
  const inTurn = createTurns(options.mostRunning ?? 2, options.mostWaiting ?? 500)

  const markOf = (address: string, password: string, verifiers: string[]): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([address, password, verifiers]))
      .digest('base64')

  async function fitsOne(password: string, verifiers: string[]): Promise<boolean> {
    // One after the other, and at least one: an unknown user takes as long as a known one.
    for (const verifier of verifiers.length > 0 ? verifiers : [NOBODY]) {
      if (await inTurn(() => verify(password, verifier))) return true
    }
    return false
  }

  function remember(mark: string): void {
    // A Map keeps the order of insertion: the first one is the oldest.
    const oldest = rightUntil.keys().next()
    if (rightUntil.size >= mostRemembered && !oldest.done) rightUntil.delete(oldest.value)
    rightUntil.set(mark, now() + rememberedMs)
  }

  return {
    async check(address, password, verifiers) {
      const mark = markOf(address, password, verifiers)
      const until = rightUntil.get(mark)
      if (until !== undefined && until > now()) return true
      rightUntil.delete(mark)
      const others = underWay.get(mark)
      if (others !== undefined) return others
      const run = fitsOne(password, verifiers).finally(() => underWay.delete(mark))
      underWay.set(mark, run)
      const right = await run
      if (right) remember(mark)
      return right
    },
  }
}
