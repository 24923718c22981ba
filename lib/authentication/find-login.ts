import { lowerAscii, normaliseAddress } from '@postrider/mail/address'

const indexes = new WeakMap<ReadonlyMap<string, unknown>, Map<string, string>>()

/** The login of a configuration that a user name refers to. People type their address with capitals and surrounding blanks, and mail
 * clients pass that on unchanged; two logins never differ in case alone (lib/plan/credentials.ts). Returns the normal form of an
 * address that is not a login, and an empty string for anything that is not an address. */
export function findLogin(logins: ReadonlyMap<string, unknown>, given: string): string {
  const address = normaliseAddress(given.trim())
  if (address === undefined || logins.has(address)) return address ?? ''
  const lower = lowerAscii(address)
  return indexOf(logins).get(lower) ?? lower
}

/** Created once per configuration, which is never changed but replaced. */
function indexOf(logins: ReadonlyMap<string, unknown>): Map<string, string> {
  let index = indexes.get(logins)
  if (index === undefined) {
    index = new Map([...logins.keys()].map((login) => [lowerAscii(login), login]))
    indexes.set(logins, index)
  }
  return index
}
