import { randomBytes, timingSafeEqual } from 'node:crypto'
import { keyedDigest } from './claim.ts'
import type { Claim } from './claim.ts'

/** Codes are not stored: each is derived from the platform key, the claim and an id. So no code can be stolen, and after a crash a mail
 * is sent again with the same code (docs/adr/0014). */

/** Without look-alikes, lower case only: people read a code from a screen and type it. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
/** 49 bits. */
const LENGTH = 10

/** How long a code is valid. Milliseconds. */
export const CODE_LIFETIME_MS = 24 * 3_600_000

/** Creates an id. It contains the time, and the code is derived from it, so the lifetime of a code cannot be extended by changing the
 * status. */
export const newCodeID = (now: number): string => `${now.toString(36)}.${randomBytes(9).toString('base64url')}`

/** The latest time that a Date can represent. */
const LATEST = 8.64e15

/** When an id was created, milliseconds since the epoch; 0 for an invalid id, since anyone with write access to a status may write
 * anything. */
export function codeIssuedAt(id: string): number {
  const at = /^[0-9a-z]{1,11}\./.test(id) ? parseInt(id.slice(0, id.indexOf('.')), 36) : 0
  return at + CODE_LIFETIME_MS < LATEST ? at : 0
}

/** The code in the form shown in the mail: `7kqm2-x9tbd`. */
export function codeOf(platformKey: Buffer, claim: Claim, id: string): string {
  let code = ''
  for (let block = 0; code.length < LENGTH; block++)
    for (const octet of keyedDigest(platformKey, 'code', claim, `${id}/${block}`))
      // Octets above the largest multiple are skipped: they would make the first characters of the alphabet more likely.
      if (octet < ALPHABET.length * 8 && code.length < LENGTH) code += ALPHABET[octet % ALPHABET.length] ?? ''
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** Whether a code is that of an id, compared in constant time. The hyphen may be omitted, and case is ignored. */
export function isCode(platformKey: Buffer, claim: Claim, id: string, given: string): boolean {
  const digest = (code: string): Buffer => keyedDigest(platformKey, 'compare', claim, plain(code))
  return timingSafeEqual(digest(given), digest(codeOf(platformKey, claim, id)))
}

const plain = (code: string): string => code.toLowerCase().replace(/[\s-]/g, '')
