import { hash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { RouteHost } from '../route/route.ts'

/** One address of one host that mail may be given to. */
export interface Candidate {
  host: RouteHost
  address: string
}

export interface HostAddresses {
  host: RouteHost
  candidates: Candidate[]
}

/** Puts equally good hosts into an order of chance that is the same at each attempt for one message, so that a later attempt can
 * go on where an earlier one ended (RFC 5321, 5.1: equal preferences are spread at random). */
export function shuffled<T>(seed: string, items: readonly T[], nameOf: (item: T) => string): T[] {
  if (items.length < 2) return [...items]
  return items
    .map((item) => ({ item, order: hash('sha1', `${seed} ${nameOf(item)}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ item }) => item)
}

/** The addresses of equally good hosts: the first of each host, then the second of each, so that a host with many addresses that is
 * down does not keep an attempt from its equals; and the families in turn, so that neither does a family whose path is broken. */
export function interleaved(hosts: readonly HostAddresses[]): Candidate[] {
  const [only, another] = hosts
  if (only !== undefined && another === undefined && only.candidates.length < 2) return [...only.candidates]
  const longest = Math.max(0, ...hosts.map(({ candidates }) => candidates.length))
  const all = Array.from({ length: longest }, (_, at) => hosts.flatMap(({ candidates }) => candidates[at] ?? [])).flat()
  const six = all.filter(({ address }) => isIPv6(address))
  const four = all.filter(({ address }) => !isIPv6(address))
  return alternated(six, four, all[0] !== undefined && !isIPv6(all[0].address))
}

/** IPv6 and IPv4 in turn; IPv6 first unless its path is in doubt. */
export function alternated<T>(six: readonly T[], four: readonly T[], ipv4First: boolean): T[] {
  if (six.length === 0) return [...four]
  if (four.length === 0) return [...six]
  const [first, second] = ipv4First ? [four, six] : [six, four]
  const length = Math.max(first.length, second.length)
  return Array.from({ length }, (_, at) => [first[at], second[at]])
    .flat()
    .filter((item) => item !== undefined)
}

/** Begins where the attempt before has ended, when one attempt reaches `perAttempt` of the items. The step has no divisor in
 * common with their number, so that each of them comes first at some time, also when an attempt ends early. The first attempt
 * begins with the best; so does each one that can reach all. */
export function rotated<T>(items: readonly T[], attempt: number, perAttempt: number): T[] {
  const { length } = items
  if (length <= perAttempt) return [...items]
  let step = perAttempt
  while (divisor(step, length) > 1) step--
  const start = (attempt * step) % length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** The greatest common one. */
const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
