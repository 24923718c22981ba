import { createHmac, randomBytes } from 'node:crypto'
import { NOBODY, verifyPassword } from './hash.ts'

export interface Verdicts {
  /** Whether the password fits one of the verifiers. No verifiers: false, at the cost of a wrong password. */
  check(address: string, password: string, verifiers: string[]): Promise<boolean>
}

/** Too many checks wait already; the client is to come back. */
export class TooBusy extends Error {
  override readonly name = 'TooBusy'
}

/** Right verdicts remembered at most; one is about 150 octets. */
const MOST_REMEMBERED = 20_000
const REMEMBERED_MS = 10 * 60_000
/** scrypt runs at once: it occupies a thread and 16 MB each. */
const MOST_RUNNING = 2
const MOST_WAITING = 500

/** Checks passwords and remembers right ones, so that a client that logs in for each message does not cost 40 ms each time.
 * What is remembered is bound to the verifiers themselves: when those change or go, it fits no more. Passwords are kept only as
 * an HMAC under a key of this process. */
export function createVerdicts(now: () => number = Date.now): Verdicts {
  const key = randomBytes(32)
  const right = new Map<string, number>()
  let running = 0
  const waiting: (() => void)[] = []

  async function inTurn(run: () => Promise<boolean>): Promise<boolean> {
    if (running >= MOST_RUNNING) {
      if (waiting.length >= MOST_WAITING) throw new TooBusy('too many logins are being checked')
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    running++
    try {
      return await run()
    } finally {
      running--
      waiting.shift()?.()
    }
  }

  return {
    async check(address, password, verifiers) {
      const mark = createHmac('sha256', key)
        .update(JSON.stringify([address, password, verifiers]))
        .digest('base64')
      const until = right.get(mark)
      if (until !== undefined && until > now()) return true
      right.delete(mark)
      // One verifier after the other, and at least one: an unknown user takes as long as a known one.
      for (const verifier of verifiers.length > 0 ? verifiers : [NOBODY]) {
        if (!(await inTurn(() => verifyPassword(password, verifier)))) continue
        right.set(mark, now() + REMEMBERED_MS)
        if (right.size > MOST_REMEMBERED) for (const oldest of right.keys()) return right.delete(oldest)
        return true
      }
      return false
    },
  }
}
