import { isIPv6 } from 'node:net'
import type { Sender } from '../route/route.ts'

/** Chooses the address that a connection leaves from. */
export type LocalAddresses = (sender: Sender, remote: string) => string | undefined

/** A platform has a few pools; what was counted for pools that are gone is not worth keeping. */
const MAX_COUNTED = 1000

/** Gives each connection the next address of its pool and of the remote's family, so that all of them are used alike. Undefined
 * where there is no pool: the system chooses. A pool without an address of the family is never asked (host-addresses.ts). */
export function createLocalAddresses(): LocalAddresses {
  const counts = new Map<string, number>()
  return ({ addresses }, remote) => {
    const fitting = addresses.filter((address) => isIPv6(address) === isIPv6(remote))
    if (fitting.length === 0) return undefined
    const key = fitting.join()
    const count = counts.get(key) ?? 0
    if (counts.size > MAX_COUNTED) counts.clear()
    counts.set(key, count + 1)
    return fitting[count % fitting.length]
  }
}
