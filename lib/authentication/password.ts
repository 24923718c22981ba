import { randomBytes } from 'node:crypto'

const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'

/** Generates a password of 24 characters (139 bits) without look-alikes, which needs no quoting in a URL, a shell or YAML. `octets` must
 * return at least 32 random octets, different ones at each call. */
export function generatePassword(octets: () => Buffer = () => randomBytes(32)): string {
  let password = ''
  while (password.length < 24) {
    // Octets of 224 and above are skipped: they would make the first characters of the alphabet more likely.
    for (const octet of octets()) if (octet < 224 && password.length < 24) password += ALPHABET[octet % 56] ?? ''
  }
  return password
}
