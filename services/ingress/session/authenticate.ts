import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { normaliseAddress } from '@postrider/mail/address'
import { TooBusy } from '@postrider/credential/verdict-cache'
import type { Verdicts } from '@postrider/credential/verdict-cache'
import { Refusal } from '../refusal.ts'

/** Resolves with the login's address; rejects with one and the same Refusal for a wrong user and a wrong password. */
export type Authenticator = (username: string, password: string, remoteAddress: string) => Promise<string>

export function createAuthenticator(config: () => RuntimeConfig, verdicts: Verdicts): Authenticator {
  return async (username, password) => {
    const address = normaliseAddress(username) ?? ''
    const hashes = config().credentials.get(address)?.passwordHashes ?? []
    // An unknown user costs as much as a wrong password, so that neither text nor time tells them apart.
    const right = await verdicts.check(address, password, hashes).catch((cause: unknown) => {
      if (!(cause instanceof TooBusy)) throw cause
      throw new Refusal(454, '4.7.0', 'too many logins at once; try again in some seconds', 'auth', { cause })
    })
    if (!right) {
      const text = 'wrong user name or password; the user name is the full address of the credential'
      throw new Refusal(535, '5.7.8', text, 'auth')
    }
    return address
  }
}
