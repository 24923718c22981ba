/** A Domain resource that claims a domain name. */
export interface Claim {
  /** `namespace/name`. */
  key: string
  domainName: string
  /** When its ownership was verified, milliseconds since the epoch; undefined if it is not. */
  verifiedAt: number | undefined
  createdAt: number
}

/** Decides who owns each domain name: the first claim verified, or else the first one created. An unverified claim loses the name as
 * soon as another is verified. Returns the winner's key by domain name. */
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
