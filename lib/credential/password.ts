import { randomBytes } from 'node:crypto'

const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'

/** A password of 24 characters (139 bits) that needs no quoting in a URL, a shell or YAML, without look-alikes. */
export function generatePassword(): string {
  let password = ''
  while (password.length < 24) {
    // Octets over the largest multiple would make the first characters likelier.
    for (const octet of randomBytes(32)) if (octet < 224 && password.length < 24) password += ALPHABET[octet % 56] ?? ''
  }
  return password
}
