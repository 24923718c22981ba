import { setTimeout as sleep } from 'node:timers/promises'
import { findLogin } from './find-login.ts'
import type { Verdicts } from './verdict-cache.ts'
import type { LoginGuard } from './login-guard.ts'
import { networkOf } from './network.ts'

/** The password is not checked: too many wrong ones came from this network. */
export class LoginBlockedError extends Error {
  override readonly name = 'LoginBlockedError'
  readonly forMs: number
  constructor(forMs: number) {
    super(`logins from this network are blocked for ${forMs} ms`)
    this.forMs = forMs
  }

  /** Text for people. */
  get text(): string {
    const minutes = Math.ceil(this.forMs / 60_000)
    return `too many wrong passwords from your network; try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
  }
}

/** Resolves with the address of the credential, or with undefined for an unknown user and for a wrong password, after the same time.
 * Rejects with LoginBlockedError, or with TooManyLoginsError when too many passwords wait to be checked. */
export type Login = (username: string, password: string, remoteAddress: string) => Promise<string | undefined>

export interface LoginDependencies {
  /** The current credentials, by address. */
  credentials: () => ReadonlyMap<string, { passwordHashes: string[] }>
  verdicts: Verdicts
  guard: LoginGuard
  now?: () => number
}

/** The minimum duration of a failed login, so that neither the number of verifiers nor the cache reveals which users exist.
 * Milliseconds. */
const MIN_MS = 250

/** Creates the login by password, for submission and for the HTTP service. */
export function createLogin({ credentials, verdicts, guard, now = () => performance.now() }: LoginDependencies): Login {
  return async (username, password, remoteAddress) => {
    const startedAt = now()
    const known = credentials()
    const address = findLogin(known, username)
    const hashes = known.get(address)?.passwordHashes ?? []
    const attempt = { account: address, address: remoteAddress }
    const remembered = verdicts.remembered(address, password, hashes)
    const { familiar, blockedMs } = guard.check(attempt)
    // Checked before the password: a blocked guesser causes no hash, and learns nothing about the guess. An owner whose password was right
    // recently, from the same network, is not blocked.
    if (blockedMs > 0 && !(familiar && remembered === true)) throw new LoginBlockedError(blockedMs)
    const checkAllowed = (): void => {
      const late = guard.check(attempt).blockedMs
      if (late > 0) throw new LoginBlockedError(late)
    }
    // Concurrent attempts from one network wait in the same line, so that the first failures can block the rest.
    const claimant = { key: networkOf(remoteAddress), first: familiar, checkAllowed }
    // An unknown user takes as long as a wrong password, so that neither text nor time distinguishes them.
    const right = await verdicts.check(address, password, hashes, claimant)
    if (!right) {
      // A repeated wrong password comes from a program with an outdated password, and is not another guess.
      const delay = remembered === undefined ? guard.failed(attempt) : MIN_MS
      await sleep(Math.max(0, startedAt + delay - now()))
      return undefined
    }
    // Other attempts from this network failed in the meantime, and may have been too many.
    if (!familiar && remembered === undefined) checkAllowed()
    guard.succeeded(attempt)
    return address
  }
}
