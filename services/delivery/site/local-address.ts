import { isIPv6 } from 'node:net'
import type { Sender } from '../route/route.ts'

/** Chooses the local address of a connection; undefined if the system chooses it. */
export type LocalAddresses = (sender: Sender, remote: string) => string | undefined

/** Sets of addresses that are counted. A platform has a few pools; the bound only matters after many changes. */
const MAX_COUNTED = 1000

/** Gives each connection the next address of its pool in the remote's address family, so that all addresses are used equally. Returns
 * undefined without a pool. A pool without an address of the family does not get here (host-addresses.ts). */
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
