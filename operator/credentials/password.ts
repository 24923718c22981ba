import { createHmac } from 'node:crypto'
import { generatePassword } from '@postrider/authentication/password'

/** Passwords are not kept anywhere but in the Secrets of their credentials: each is derived from the platform key and an id that
 * is written on the SMTPCredential. So a Secret that was deleted or edited comes back as it was, and a new id is a new
 * password (docs/adr/0007). */

export function derivePassword(platformKey: Buffer, credential: string, id: string): string {
  let block = 0
  return generatePassword(() =>
    createHmac('sha512', platformKey).update(`password/${block++}/${credential}/${id}`).digest(),
  )
}

/** Of the password's verifier, 16 octets: the same each time, so that a restart of the operator changes nothing. */
export const deriveSalt = (platformKey: Buffer, credential: string, id: string): Buffer =>
  createHmac('sha256', platformKey).update(`salt/${credential}/${id}`).digest().subarray(0, 16)
