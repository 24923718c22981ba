import { setTimeout as sleep } from 'node:timers/promises'
import { findLogin } from './find-login.ts'
import type { Verdicts } from './verdict-cache.ts'
import type { LoginGuard } from './login-guard.ts'
import { networkOf } from './network.ts'

/** The password is not looked at: too many wrong ones came from there. */
export class LoginBlockedError extends Error {
  override readonly name = 'LoginBlockedError'
  readonly forMs: number
  constructor(forMs: number) {
    super(`logins from this network are blocked for ${forMs} ms`)
    this.forMs = forMs
  }

  /** For people. */
  get text(): string {
    const minutes = Math.ceil(this.forMs / 60_000)
    return `too many wrong passwords from your network; try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
  }
}

/** Resolves with the address of the credential; with undefined for a wrong user and for a wrong password, alike in time. Rejects with
 * LoginBlockedError, or with TooManyLoginsError when as many passwords are being checked as may be. */
export type Login = (username: string, password: string, remoteAddress: string) => Promise<string | undefined>

export interface LoginDependencies {
  /** By address, as they are now. */
  credentials: () => ReadonlyMap<string, { passwordHashes: string[] }>
  verdicts: Verdicts
  guard: LoginGuard
  now?: () => number
}

/** What a wrong login takes at least, so that neither the number of verifiers nor the cache tells who exists. Milliseconds. */
const MIN_MS = 250

/** Logging in by a password, wherever that is asked for. */
export function createLogin({ credentials, verdicts, guard, now = () => performance.now() }: LoginDependencies): Login {
  return async (username, password, remoteAddress) => {
    const startedAt = now()
    const known = credentials()
    const address = findLogin(known, username)
    const hashes = known.get(address)?.passwordHashes ?? []
    const claim = { account: address, address: remoteAddress }
    const remembered = verdicts.remembered(address, password, hashes)
    const { familiar, blockedMs } = guard.judge(claim)
    // Before the password is looked at: a blocked guesser costs no hash, and hears nothing about his guess. The owner whose
    // password was right a moment ago, from where it was right, is not the guesser.
    if (blockedMs > 0 && !(familiar && remembered === true)) throw new LoginBlockedError(blockedMs)
    const stillMay = (): void => {
      const late = guard.judge(claim).blockedMs
      if (late > 0) throw new LoginBlockedError(late)
    }
    // Those who came all at once wait in line with the tries of one: the first to fail ends them.
    const claimant = { key: networkOf(remoteAddress), first: familiar, stillMay }
    // An unknown user costs as much as a wrong password, so that neither text nor time tells them apart.
    const right = await verdicts.check(address, password, hashes, claimant)
    if (!right) {
      // The same wrong password again comes from a program that does not know the new one, and is not a second guess.
      const delay = remembered === undefined ? guard.failed(claim) : MIN_MS
      await sleep(Math.max(0, startedAt + delay - now()))
      return undefined
    }
    // Others from there were being checked meanwhile, and were too many.
    if (!familiar && remembered === undefined) stillMay()
    guard.succeeded(claim)
    return address
  }
}
