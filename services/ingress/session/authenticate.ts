import { findLogin } from '@postrider/authentication/find-login'
import { TooManyLoginsError } from '@postrider/authentication/verdict-cache'
import { LoginBlockedError } from '@postrider/authentication/login'
import type { Login } from '@postrider/authentication/login'
import { RefusalError } from '@postrider/smtp/refusal'

/** Resolves with the login's address; rejects with one and the same Refusal for a wrong user and a wrong password. */
export type Authenticator = (username: string, password: string, remoteAddress: string) => Promise<string>

/** AUTH with a password (RFC 4954, 6): what came of it as replies. */
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

/** Who a client of AUTH PLAIN says it is, and who it wants to act as (RFC 4616, 2). */
export interface PlainIdentities {
  authcid?: string
  authzid?: string
}

/** Nobody acts as somebody else here: the second identity is empty, or the login itself. Throws the RefusalError. */
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
