import { hash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { RouteHost } from '../route/route.ts'

/** One address of one host that mail may be sent to. */
export interface Candidate {
  host: RouteHost
  address: string
}

export interface HostAddresses {
  host: RouteHost
  candidates: Candidate[]
}

/** Puts equally good items into a random order (RFC 5321, 5.1: equal preferences are spread at random). The order depends on `seed` only,
 * so it is the same at each attempt for one message, and a later attempt can continue where an earlier one ended. */
export function shuffled<T>(seed: string, items: readonly T[], nameOf: (item: T) => string): T[] {
  if (items.length < 2) return [...items]
  return items
    .map((item) => ({ item, order: hash('sha1', `${seed} ${nameOf(item)}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ item }) => item)
}

/** Orders the addresses of equally good hosts: first one address of each host, then another of each, so that a host that is down and has
 * many addresses does not use up an attempt. The address families alternate, so that a family without a working path does not either. */
export function interleaved(hosts: readonly HostAddresses[]): Candidate[] {
  const [only, another] = hosts
  if (only !== undefined && another === undefined && only.candidates.length < 2) return [...only.candidates]
  const longest = Math.max(0, ...hosts.map(({ candidates }) => candidates.length))
  const all = Array.from({ length: longest }, (_, at) => hosts.flatMap(({ candidates }) => candidates[at] ?? [])).flat()
  const six = all.filter(({ address }) => isIPv6(address))
  const four = all.filter(({ address }) => !isIPv6(address))
  return alternated(six, four, all[0] !== undefined && !isIPv6(all[0].address))
}

/** Alternates between IPv6 and IPv4 items; the rest of the longer list follows. `ipv4First` is set when the IPv6 path is in doubt. */
export function alternated<T>(six: readonly T[], four: readonly T[], ipv4First: boolean): T[] {
  if (six.length === 0) return [...four]
  if (four.length === 0) return [...six]
  const [first, second] = ipv4First ? [four, six] : [six, four]
  const length = Math.max(first.length, second.length)
  return Array.from({ length }, (_, at) => [first[at], second[at]])
    .flat()
    .filter((item) => item !== undefined)
}

/** Rotates the items so that an attempt continues where the one before ended, if one attempt reaches `perAttempt` of them. The step is
 * coprime to the number of items, so each item comes first in some attempt even if attempts end early. The first attempt begins with the
 * best item, and so does every attempt if one can reach all items. `attempt` counts from 0. */
export function rotated<T>(items: readonly T[], attempt: number, perAttempt: number): T[] {
  const { length } = items
  if (length <= perAttempt) return [...items]
  let step = perAttempt
  while (gcd(step, length) > 1) step--
  const start = (attempt * step) % length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** The greatest common divisor. */
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
