import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { DAY_MS } from '@postrider/time/day'
import { networkOf } from './network.ts'

/** A login attempt, before its password is checked. */
export interface LoginAttempt {
  /** The account as given. Whether it exists makes no difference, so that a block does not reveal which accounts exist. */
  account: string
  address: string
}

export interface GuardDecision {
  /** This account logged in from this network recently. */
  familiar: boolean
  /** For how long passwords are not checked, in milliseconds; 0: not blocked. */
  blockedMs: number
}

export interface LoginGuard {
  check(attempt: LoginAttempt): GuardDecision
  /** Counts a wrong password that was not counted before. Returns how long the reply must be delayed, in milliseconds from the start of
   * the attempt. */
  failed(attempt: LoginAttempt): number
  succeeded(attempt: LoginAttempt): void
  /** Whether any account logged in from this network recently. */
  knowsNetwork(address: string): boolean
}

interface Failures {
  count: number
  /** Milliseconds since the epoch. */
  since: number
  blockedUntil: number
}

/** How long a login makes its network familiar. */
const FAMILIAR_MS = 7 * DAY_MS
const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 4000
/** Entries of each map; one is some 200 octets. */
const MAX_REMEMBERED = 100_000

/**
 * Blocks logins after too many failures, counted by network, by account and by both.
 *
 * - A network with too many failures is blocked, except for accounts that logged in from it recently. Those are blocked only by their own
 *   failures, so that a guesser behind the same address translation does not lock out others.
 * - An account with too many failures, from any networks, allows one wrong password for each network from which it has not logged in
 *   recently. Its owner can still log in from recently used networks and from any network without a failure; a guesser has one guess per
 *   network and block time.
 *
 * It does not know which accounts exist. Memory is bounded; the entries that were unchanged for longest are dropped first.
 */
export function createLoginGuard(
  settings: () => ProtectionConfig,
  now: () => number = () => performance.now(),
): LoginGuard {
  const networks = new BoundedMap<Failures>(MAX_REMEMBERED)
  const accounts = new BoundedMap<Failures>(MAX_REMEMBERED)
  const pairs = new BoundedMap<Failures>(MAX_REMEMBERED)
  // Only a client with a right password can displace entries of these two.
  const familiarPairs = new BoundedMap<number>(MAX_REMEMBERED)
  const familiarNetworks = new BoundedMap<number>(MAX_REMEMBERED)

  const keysOf = ({ account, address }: LoginAttempt) => {
    const network = networkOf(address)
    return { account, network, pair: `${network} ${account}` }
  }
  const isFamiliar = (map: BoundedMap<number>, key: string): boolean =>
    (map.get(key) ?? -Infinity) + FAMILIAR_MS > now()
  const blockedMs = (failures: Failures | undefined): number => Math.max(0, (failures?.blockedUntil ?? 0) - now())

  function count(map: BoundedMap<Failures>, key: string): Failures {
    const known = map.get(key)
    const within = known !== undefined && now() - known.since < settings().windowMs
    const failures = within ? known : { count: 0, since: now(), blockedUntil: 0 }
    failures.count++
    map.set(key, failures)
    return failures
  }
  const block = (failures: Failures): void => {
    failures.blockedUntil = now() + settings().blockMs
  }
  const over = (failures: Failures, max: number): boolean => max > 0 && failures.count >= max

  return {
    check(attempt) {
      const { network, pair } = keysOf(attempt)
      const familiar = isFamiliar(familiarPairs, pair)
      const own = blockedMs(pairs.get(pair))
      return { familiar, blockedMs: familiar ? own : Math.max(own, blockedMs(networks.get(network))) }
    },
    failed(attempt) {
      const { loginFailures, accountFailures } = settings()
      const { account, network, pair } = keysOf(attempt)
      const ofPair = count(pairs, pair)
      const ofAccount = count(accounts, account)
      let steps = ofPair.count
      if (isFamiliar(familiarPairs, pair)) {
        if (over(ofPair, loginFailures)) block(ofPair)
      } else {
        const ofNetwork = count(networks, network)
        if (over(ofNetwork, loginFailures)) block(ofNetwork)
        if (over(ofAccount, accountFailures)) block(ofPair)
        steps = ofNetwork.count
      }
      return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (steps - 1))
    },
    succeeded(attempt) {
      const { network, pair } = keysOf(attempt)
      familiarPairs.set(pair, now())
      familiarNetworks.set(network, now())
      // Earlier typing errors of this account no longer count; the network's failures for other accounts still do.
      pairs.delete(pair)
    },
    knowsNetwork: (address) => isFamiliar(familiarNetworks, networkOf(address)),
  }
}
