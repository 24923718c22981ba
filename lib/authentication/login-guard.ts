import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { DAY_MS } from '@postrider/time/day'
import { networkOf } from './network.ts'

/** Who asks to log in, before his password is looked at. */
export interface Claim {
  /** As given: whether it exists makes no difference here, so that a block does not tell who exists. */
  account: string
  address: string
}

export interface Judgement {
  /** Logged in with this account from this network lately. */
  familiar: boolean
  /** Milliseconds for which the password is not looked at; 0: it is. */
  blockedMs: number
}

export interface LoginGuard {
  judge(claim: Claim): Judgement
  /** Notes a wrong password that is none of those noted already; milliseconds that the reply is to be held back, counted from the question. */
  failed(claim: Claim): number
  succeeded(claim: Claim): void
  /** Somebody logged in from there lately. */
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

/** Failed logins, counted by network, by account and by both.
 *
 * - A network with too many is blocked, but for those accounts that logged in from it lately: they answer for their own failures
 *   only, so that a guesser behind the same address translation locks nobody out.
 * - An account with too many, from wherever, leaves one wrong password to each network it is not familiar with. Its owner has a
 *   way in from where he was lately and from any network that has not failed; a guesser has one guess a network and block time.
 *
 * It knows nothing of which accounts there are. Bounded; what is forgotten first is what was not touched for longest. */
export function createLoginGuard(
  settings: () => ProtectionConfig,
  now: () => number = () => performance.now(),
): LoginGuard {
  const networks = new BoundedMap<Failures>(MAX_REMEMBERED)
  const accounts = new BoundedMap<Failures>(MAX_REMEMBERED)
  const pairs = new BoundedMap<Failures>(MAX_REMEMBERED)
  // Only who has a right password can push something out of these two.
  const familiarPairs = new BoundedMap<number>(MAX_REMEMBERED)
  const familiarNetworks = new BoundedMap<number>(MAX_REMEMBERED)

  const keysOf = ({ account, address }: Claim) => {
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
  const over = (failures: Failures, most: number): boolean => most > 0 && failures.count >= most

  return {
    judge(claim) {
      const { network, pair } = keysOf(claim)
      const familiar = isFamiliar(familiarPairs, pair)
      const own = blockedMs(pairs.get(pair))
      return { familiar, blockedMs: familiar ? own : Math.max(own, blockedMs(networks.get(network))) }
    },
    failed(claim) {
      const { loginFailures, accountFailures } = settings()
      const { account, network, pair } = keysOf(claim)
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
    succeeded(claim) {
      const { network, pair } = keysOf(claim)
      familiarPairs.set(pair, now())
      familiarNetworks.set(network, now())
      // A typing error of before is forgiven; what the network did to others is not.
      pairs.delete(pair)
    },
    knowsNetwork: (address) => isFamiliar(familiarNetworks, networkOf(address)),
  }
}
