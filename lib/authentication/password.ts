import { randomBytes } from 'node:crypto'

const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'

/** A password of 24 characters (139 bits) that needs no quoting in a URL, a shell or YAML, without look-alikes, made from
 * `octets`: 32 or more at each call, and others at each. */
export function generatePassword(octets: () => Buffer = () => randomBytes(32)): string {
  let password = ''
  while (password.length < 24) {
    // Octets over the largest multiple would make the first characters likelier.
    for (const octet of octets()) if (octet < 224 && password.length < 24) password += ALPHABET[octet % 56] ?? ''
  }
  return password
}
