import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { ScryptOptions } from 'node:crypto'

/** Cost of a verifier: 2^14 blocks of 8 * 128 octets is 16 MB and about 40 ms of one core. */
const COST = { ln: 14, r: 8, p: 1 }
/** The largest cost of a verifier that an administrator provides: 128 MB and about half a second. */
const MAX_COST = { ln: 17, r: 16, p: 4 }
const MAX_MEMORY = 128 * 1024 * 1024
const MAX_WORK = 2 * MAX_MEMORY
/** With a shorter salt, passwords could be looked up in a precomputed table. Octets. */
const MIN_SALT_BYTES = 8
const HASH_BYTES = 32

/** A password verifier is malformed, or its cost is too high. */
export class BadVerifierError extends Error {
  override readonly name = 'BadVerifierError'
}

/** Creates the verifier of a password: `$scrypt$ln=14,r=8,p=1$<salt>$<hash>`, base64 without padding. */
export async function hashPassword(password: string, salt: Buffer = randomBytes(16)): Promise<string> {
  const hash = await derive(password, salt, COST)
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Whether a password matches a verifier. Throws BadVerifierError. */
export async function verifyPassword(password: string, verifier: string): Promise<boolean> {
  const { cost, salt, hash } = parseVerifier(verifier)
  return timingSafeEqual(await derive(password, salt, cost), hash)
}

/** Parses a verifier. Throws BadVerifierError. */
export function parseVerifier(verifier: string) {
  const [, ln, r, p, salt = '', hash = ''] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{1,128})\$([A-Za-z0-9+/]{43})$/.exec(verifier) ?? []
  if (ln === undefined) throw new BadVerifierError('not of the form $scrypt$ln=..,r=..,p=..$salt$hash')
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  checkCost(cost)
  const saltBytes = Buffer.from(salt, 'base64')
  if (saltBytes.length < MIN_SALT_BYTES)
    throw new BadVerifierError(`the salt must have ${MIN_SALT_BYTES} octets or more`)
  return { cost, salt: saltBytes, hash: Buffer.from(hash, 'base64') }
}

function checkCost({ ln, r, p }: typeof COST): void {
  if (ln < 1 || r < 1 || p < 1 || ln > MAX_COST.ln || r > MAX_COST.r || p > MAX_COST.p) {
    throw new BadVerifierError(`cost must be at most ln=${MAX_COST.ln},r=${MAX_COST.r},p=${MAX_COST.p}`)
  }
  const memory = 128 * r * 2 ** ln
  if (memory > MAX_MEMORY || memory * p > MAX_WORK) throw new BadVerifierError('cost asks for too much memory and time')
}

/** A verifier with the usual cost that no password matches. Passwords of unknown users are checked against it, so that the time does not
 * reveal which users exist. */
export const DUMMY_VERIFIER = `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${unpadded(randomBytes(16))}$${unpadded(randomBytes(HASH_BYTES))}`

function derive(password: string, salt: Buffer, { ln, r, p }: typeof COST): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 2 * MAX_MEMORY }
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
