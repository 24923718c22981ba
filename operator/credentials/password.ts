import { createHmac } from 'node:crypto'
import { generatePassword } from '@postrider/authentication/password'

/** Passwords are stored only in the Secrets of their credentials: each is derived from the platform key and an id in an annotation of
 * the SMTPCredential. So a Secret that was deleted or edited is restored, and a new id gives a new password (docs/adr/0007). */

export function derivePassword(platformKey: Buffer, credential: string, id: string): string {
  let block = 0
  return generatePassword(() =>
    createHmac('sha512', platformKey).update(`password/${block++}/${credential}/${id}`).digest(),
  )
}

/** Salt of the password's verifier, 16 octets: always the same, so that an operator restart changes nothing. */
export const deriveSalt = (platformKey: Buffer, credential: string, id: string): Buffer =>
  createHmac('sha256', platformKey).update(`salt/${credential}/${id}`).digest().subarray(0, 16)
