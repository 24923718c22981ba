/** A Domain resource that wants a domain name. */
export interface Claim {
  /** `namespace/name`. */
  key: string
  domainName: string
  /** Since when its ownership record is known to be in the DNS, milliseconds since the epoch; undefined when it is not. */
  verifiedAt: number | undefined
  createdAt: number
}

/** Who has each domain name: the first one verified, or else the first one made. Others get nothing, whatever they say.
 * An unverified name is held only until someone verifies it. Returns the winner's key by domain name. */
export function settleClaims(claims: Claim[]): Map<string, string> {
  const winners = new Map<string, Claim>()
  for (const claim of claims) {
    const other = winners.get(claim.domainName)
    if (other === undefined || precedes(claim, other)) winners.set(claim.domainName, claim)
  }
  return new Map([...winners].map(([domainName, { key }]) => [domainName, key]))
}

function precedes(a: Claim, b: Claim): boolean {
  if ((a.verifiedAt === undefined) !== (b.verifiedAt === undefined)) return a.verifiedAt !== undefined
  const [first, second] = [a.verifiedAt ?? a.createdAt, b.verifiedAt ?? b.createdAt]
  if (first !== second) return first < second
  return a.key < b.key
}
