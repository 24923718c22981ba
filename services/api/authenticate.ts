import { TooManyLoginsError } from '@postrider/authentication/verdict-cache'
import { LoginBlockedError } from '@postrider/authentication/login'
import type { CredentialConfig } from '@postrider/runtime-config/config'
import type { Context } from './context.ts'
import { ProblemError } from './problem.ts'
import type { ApiRequest } from './request.ts'

const CHALLENGE = { 'www-authenticate': 'Basic realm="Postrider", charset="UTF-8"' }

/** The credential that a request logs in as (RFC 7617), with the user name and password that it submits mail with. Throws a Problem:
 * one and the same 401 for no login, a wrong user and a wrong password; 429 (RFC 6585, 4) to whoever guesses. */
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
  // No login at all tells nothing of who exists: it need not cost anything.
  if (encoded === undefined) throw unauthorized()
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) throw unauthorized()
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
