import { lowerAscii, normaliseAddress } from '@postrider/mail/address'

const indexes = new WeakMap<ReadonlyMap<string, unknown>, Map<string, string>>()

/** The login that a person or a program means, out of those of a configuration: people write their address with capitals and with blanks around
 * it, and mail clients pass on what they were given. Two logins never differ by case alone (lib/plan/credentials.ts). For an address that is none
 * of them its normal form, for what is not an address the empty string. */
export function findLogin(logins: ReadonlyMap<string, unknown>, given: string): string {
  const address = normaliseAddress(given.trim())
  if (address === undefined || logins.has(address)) return address ?? ''
  const lower = lowerAscii(address)
  return indexOf(logins).get(lower) ?? lower
}

/** Made once for each configuration, which is never changed but replaced. */
function indexOf(logins: ReadonlyMap<string, unknown>): Map<string, string> {
  let index = indexes.get(logins)
  if (index === undefined) {
    index = new Map([...logins.keys()].map((login) => [lowerAscii(login), login]))
    indexes.set(logins, index)
  }
  return index
}
