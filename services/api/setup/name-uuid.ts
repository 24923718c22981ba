import { createHash } from 'node:crypto'

/** The namespace of all names here (RFC 9562, 6.6), generated once at random. */
const NAMESPACE = Buffer.from('6f1f6d3a1f0e4d55b2a77c1c58d0a9e4', 'hex')

/** The name-based UUID of a name (version 5; RFC 9562, 5.5). */
export function nameUuid(name: string): string {
  const octets = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16)
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x50
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80
  return octets.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
