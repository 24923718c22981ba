import { randomBytes, timingSafeEqual } from 'node:crypto'
import { keyedDigest } from './claim.ts'
import type { Claim } from './claim.ts'

/** Codes are kept nowhere: each follows from the platform key, the claim and an id. So there is nothing to steal, and a mail whose
 * sending a crash interrupted is sent again as the same mail (docs/adr/0014). */

/** Without look-alikes, in one case: a code is read from a screen and typed. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
/** 49 bits. */
const LENGTH = 10

/** How long a code can be given back. Milliseconds. */
export const CODE_LIFETIME_MS = 24 * 3_600_000

/** A new id. Its time is part of what the code follows from: a longer life can't be written onto a code. */
export const newCodeID = (now: number): string => `${now.toString(36)}.${randomBytes(9).toString('base64url')}`

/** The latest time that a date can hold. */
const LATEST = 8.64e15

/** When an id was made, milliseconds since the epoch; 0 for anything that is not an id, because anyone who may write a status may write anything. */
export function codeIssuedAt(id: string): number {
  const at = /^[0-9a-z]{1,11}\./.test(id) ? parseInt(id.slice(0, id.indexOf('.')), 36) : 0
  return at + CODE_LIFETIME_MS < LATEST ? at : 0
}

/** As the mail shows it: `7kqm2-x9tbd`. */
export function codeOf(platformKey: Buffer, claim: Claim, id: string): string {
  let code = ''
  for (let block = 0; code.length < LENGTH; block++)
    for (const octet of keyedDigest(platformKey, 'code', claim, `${id}/${block}`))
      // Octets over the largest multiple would make the first characters likelier.
      if (octet < ALPHABET.length * 8 && code.length < LENGTH) code += ALPHABET[octet % ALPHABET.length] ?? ''
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** Whether a code is the one of that id; takes as long for any wrong one. People may leave out the hyphen or type capitals. */
export function isCode(platformKey: Buffer, claim: Claim, id: string, given: string): boolean {
  const digest = (code: string): Buffer => keyedDigest(platformKey, 'compare', claim, plain(code))
  return timingSafeEqual(digest(given), digest(codeOf(platformKey, claim, id)))
}

const plain = (code: string): string => code.toLowerCase().replace(/[\s-]/g, '')
