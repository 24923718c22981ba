import { createHmac } from 'node:crypto'

/** The statement to be verified: that this object's Domain may send as this address. It does not apply to another object, Domain or
 * address. */
export interface Claim {
  /** Identifies one object during its lifetime: the uid in Kubernetes. A recreated object has a different one. */
  owner: string
  domainName: string
  address: string
}

/** A keyed digest of a claim. `purpose` ensures that a digest for one purpose is not valid for another. */
export function keyedDigest(platformKey: Buffer, purpose: string, claim: Claim, more = ''): Buffer {
  const { owner, domainName, address } = claim
  return createHmac('sha256', platformKey)
    .update(JSON.stringify([`sender/${purpose}`, owner, domainName, address.toLowerCase(), more]))
    .digest()
}

const text = (digest: Buffer): string => digest.toString('base64url').slice(0, 22)

/** Identifies the claim that a stored verification belongs to. */
export const fingerprintOf = (platformKey: Buffer, claim: Claim): string =>
  text(keyedDigest(platformKey, 'claim', claim))

/** Proof of verification, which only the platform can create: write access to an object's status is not enough to make it verified. */
export const proofOf = (platformKey: Buffer, claim: Claim): string => text(keyedDigest(platformKey, 'proof', claim))

/** Identifies a wrong code that was entered, without storing it. */
export const triedTag = (platformKey: Buffer, claim: Claim, code: string): string =>
  text(keyedDigest(platformKey, 'tried', claim, code))
