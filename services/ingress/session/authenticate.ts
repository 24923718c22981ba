import { findLogin } from '@postrider/authentication/find-login'
import { TooManyLoginsError } from '@postrider/authentication/verdict-cache'
import { LoginBlockedError } from '@postrider/authentication/login'
import type { Login } from '@postrider/authentication/login'
import { RefusalError } from '@postrider/smtp/refusal'

/** Resolves with the credential's address; rejects with the same RefusalError for a wrong user name and for a wrong password. */
export type Authenticator = (username: string, password: string, remoteAddress: string) => Promise<string>

/** AUTH with a password: failures become the replies of RFC 4954, 6. */
export const createAuthenticator =
  (login: Login): Authenticator =>
  async (username, password, remoteAddress) => {
    const address = await login(username, password, remoteAddress).catch((cause: unknown) => {
      throw refusalOf(cause)
    })
    if (address !== undefined) return address
    const text = 'wrong user name or password; the user name is the full address of the credential'
    throw new RefusalError(535, '5.7.8', text, 'auth')
  }

/** The identities in AUTH PLAIN (RFC 4616, 2): the user name, and the user to act as. */
export interface PlainIdentities {
  authcid?: string
  authzid?: string
}

/** Checks that the authorization identity is empty or the same credential as the user name: no user may act as another one. Throws the
 * RefusalError. */
export function checkPlain(
  { authcid = '', authzid = '' }: PlainIdentities,
  logins: ReadonlyMap<string, unknown>,
): void {
  if (authcid === '') throw new RefusalError(501, '5.5.2', 'the user name in AUTH PLAIN is empty', 'auth')
  if (authzid === '' || findLogin(logins, authzid) === findLogin(logins, authcid)) return
  const text = 'the authorization identity must be empty or the same as the user name; you cannot act as another user'
  throw new RefusalError(535, '5.7.8', text, 'auth')
}

function refusalOf(cause: unknown): unknown {
  if (cause instanceof LoginBlockedError) return new RefusalError(421, '4.7.0', cause.text, 'blocked', { cause })
  if (!(cause instanceof TooManyLoginsError)) return cause
  return new RefusalError(454, '4.7.0', 'too many logins at once; try again in a few seconds', 'auth', { cause })
}
