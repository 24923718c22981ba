import { createHmac } from 'node:crypto'

/** What is verified: that this object's Domain may send as this address. For another object, Domain or address it says nothing. */
export interface Claim {
  /** Identifies one object for as long as it exists: the uid in Kubernetes. A recreated object has another. */
  owner: string
  domainName: string
  address: string
}

/** A keyed digest of a claim, 22 characters. `purpose` keeps what is made for one thing from being good for another. */
export function keyedDigest(platformKey: Buffer, purpose: string, claim: Claim, more = ''): Buffer {
  const { owner, domainName, address } = claim
  return createHmac('sha256', platformKey)
    .update(JSON.stringify([`sender/${purpose}`, owner, domainName, address.toLowerCase(), more]))
    .digest()
}

const text = (digest: Buffer): string => digest.toString('base64url').slice(0, 22)

/** Tells whether what is remembered speaks of the claim of today. */
export const fingerprintOf = (platformKey: Buffer, claim: Claim): string =>
  text(keyedDigest(platformKey, 'claim', claim))

/** What only the platform can write: who may change an object's status cannot make itself verified by that. */
export const proofOf = (platformKey: Buffer, claim: Claim): string => text(keyedDigest(platformKey, 'proof', claim))

/** Tells a wrong code that was given back from the next one, without keeping it. */
export const triedTag = (platformKey: Buffer, claim: Claim, code: string): string =>
  text(keyedDigest(platformKey, 'tried', claim, code))
