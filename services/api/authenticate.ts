import { TooManyLoginsError } from '@postrider/authentication/verdict-cache'
import { LoginBlockedError } from '@postrider/authentication/login'
import type { CredentialConfig } from '@postrider/runtime-config/config'
import type { Context } from './context.ts'
import { ProblemError } from './problem.ts'
import type { ApiRequest } from './request.ts'

const CHALLENGE = { 'www-authenticate': 'Basic realm="Postrider", charset="UTF-8"' }

/** The credential of a request with Basic authentication (RFC 7617); user name and password are those for submission. Rejects with a
 * ProblemError: the same 401 for a missing login, a wrong user name and a wrong password; 429 (RFC 6585, 4) after too many wrong passwords;
 * 503 when too many passwords are being checked. */
export async function authenticate(
  { authorization, remoteAddress }: Pick<ApiRequest, 'authorization' | 'remoteAddress'>,
  { config, login }: Context,
): Promise<CredentialConfig> {
  const { username, password } = readBasic(authorization)
  const address = await login(username, password, remoteAddress).catch((cause: unknown) => {
    throw problemOf(cause)
  })
  const credential = address === undefined ? undefined : config().credentials.get(address)
  if (credential === undefined) throw unauthorized()
  return credential
}

function problemOf(cause: unknown): unknown {
  if (cause instanceof LoginBlockedError) {
    return new ProblemError(429, cause.text, { 'retry-after': String(Math.ceil(cause.forMs / 1000)) }, { cause })
  }
  if (!(cause instanceof TooManyLoginsError)) return cause
  return new ProblemError(503, 'too many logins at once; try again in a few seconds', { 'retry-after': '5' }, { cause })
}

const unauthorized = (): ProblemError =>
  new ProblemError(401, 'log in with the full address of a credential and its password', CHALLENGE)

function readBasic(authorization: string | undefined): { username: string; password: string } {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? '') ?? []
  // A missing login reveals nothing about which users exist, so it need not take as long as a password check.
  if (encoded === undefined) throw unauthorized()
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) throw unauthorized()
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
