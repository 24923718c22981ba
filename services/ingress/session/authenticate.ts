import { setTimeout as sleep } from 'node:timers/promises'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { normaliseAddress } from '@postrider/mail/address'
import { TooBusy } from '@postrider/credential/verdict-cache'
import type { Verdicts } from '@postrider/credential/verdict-cache'
import type { LoginGuard } from '../guard/login-guard.ts'
import { networkOf } from '../guard/network.ts'
import { Refusal } from '../refusal.ts'

/** Resolves with the login's address; rejects with one and the same Refusal for a wrong user and a wrong password. */
export type Authenticator = (username: string, password: string, remoteAddress: string) => Promise<string>

/** What a wrong login takes at least, so that neither the number of verifiers nor the cache tells who exists. Milliseconds. */
const LEAST_MS = 250

export function createAuthenticator(
  config: () => RuntimeConfig,
  verdicts: Verdicts,
  guard: LoginGuard,
  now: () => number = Date.now,
): Authenticator {
  return async (username, password, remoteAddress) => {
    const startedAt = now()
    const address = normaliseAddress(username) ?? ''
    const hashes = config().credentials.get(address)?.passwordHashes ?? []
    const claim = { account: address, address: remoteAddress }
    const remembered = verdicts.remembered(address, password, hashes)
    const { familiar, blockedMs } = guard.judge(claim)
    // Before the password is looked at: a blocked guesser costs no hash, and hears nothing about his guess. The owner whose
    // password was right a moment ago, from where it was right, is not the guesser.
    if (blockedMs > 0 && !(familiar && remembered === true)) throw blocked(blockedMs)
    // An unknown user costs as much as a wrong password, so that neither text nor time tells them apart.
    const claimant = {
      key: networkOf(remoteAddress),
      first: familiar,
      // Those who came all at once wait in line with the tries of one: the first to fail ends them.
      stillMay: () => {
        const late = guard.judge(claim).blockedMs
        if (late > 0) throw blocked(late)
      },
    }
    const right = await verdicts.check(address, password, hashes, claimant).catch((cause: unknown) => {
      if (!(cause instanceof TooBusy)) throw cause
      throw new Refusal(454, '4.7.0', 'too many logins at once; try again in some seconds', 'auth', { cause })
    })
    if (!right) {
      // The same wrong password again is a program that was not told of the new one, and no second guess.
      const delay = remembered === undefined ? guard.failed(claim) : LEAST_MS
      await sleep(Math.max(0, startedAt + delay - now()))
      const text = 'wrong user name or password; the user name is the full address of the credential'
      throw new Refusal(535, '5.7.8', text, 'auth')
    }
    // Others from there were being checked meanwhile, and were too many.
    if (!familiar && remembered === undefined && guard.judge(claim).blockedMs > 0)
      throw blocked(guard.judge(claim).blockedMs)
    guard.succeeded(claim)
    return address
  }
}

function blocked(forMs: number): Refusal {
  const minutes = Math.ceil(forMs / 60_000)
  const text = `too many wrong passwords from your network; try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
  return new Refusal(421, '4.7.0', text, 'blocked')
}
