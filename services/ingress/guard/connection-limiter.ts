import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { networkOf } from '@postrider/authentication/network'

/** A connection from its beginning to its end. */
export interface AdmittedConnection {
  /** It counts no more among those that have not logged in. */
  loggedIn(): void
  leave(): void
}

/** Why a connection is not let in, or has to go. */
export type LimiterReason = 'full' | 'network' | 'rate' | 'deadline' | 'displaced'

export interface ArrivingConnection {
  address: string
  /** Needs no login: a relay port's network. */
  trusted: boolean
  /** Ends the connection; the visit leaves by itself. */
  end(reason: LimiterReason): void
}

export interface ConnectionLimiter {
  /** The visit, or why there is none. */
  enter(visitor: ArrivingConnection): AdmittedConnection | LimiterReason
  /** Ends those who have not logged in for too long. Call it several times a second. */
  sweep(): void
  readonly unauthenticated: number
  /** All that are let in, unauthenticated included. */
  readonly connections: number
}

interface Unauthenticated {
  since: number
  end(reason: LimiterReason): void
}

const MINUTE_MS = 60_000
const MAX_REMEMBERED = 100_000

/** Who may be connected at once. Clients that have not logged in yet have a share of the connections, a few for a
 * network, some time, and a bounded rate where nobody logged in from their network lately. When their share is full the one who
 * has been there longest goes: a client that means it needs a fraction of a second, a flood has to renew itself all the time. */
export function createConnectionLimiter(
  settings: () => ProtectionConfig,
  knowsNetwork: (address: string) => boolean,
  now: () => number = () => performance.now(),
): ConnectionLimiter {
  // A Set keeps the order in which they came.
  const unauthenticated = new Set<Unauthenticated>()
  const byNetwork = new Map<string, number>()
  const arrivals = new BoundedMap<{ since: number; count: number }>(MAX_REMEMBERED)
  let connections = 0

  function comesTooOften(network: string, address: string): boolean {
    const { connectionsPerMinute } = settings()
    if (connectionsPerMinute === 0 || knowsNetwork(address)) return false
    const known = arrivals.get(network)
    const minute = known !== undefined && now() - known.since < MINUTE_MS ? known : { since: now(), count: 0 }
    minute.count++
    arrivals.set(network, minute)
    return minute.count > connectionsPerMinute
  }

  function makeRoom(): boolean {
    const [longest] = unauthenticated
    if (longest === undefined) return false
    // At once, not when its socket is closed: until then the next ones would find it here again.
    unauthenticated.delete(longest)
    longest.end('displaced')
    return true
  }

  function refusal(network: string, address: string): LimiterReason | undefined {
    const { strangersPerNetwork } = settings()
    if (strangersPerNetwork > 0 && (byNetwork.get(network) ?? 0) >= strangersPerNetwork) return 'network'
    return comesTooOften(network, address) ? 'rate' : undefined
  }

  return {
    enter({ address, trusted, end }) {
      const { connections: most, strangersPercent } = settings()
      const network = networkOf(address)
      const reason = trusted ? undefined : refusal(network, address)
      if (reason !== undefined) return reason
      const unauthenticatedFull =
        !trusted && unauthenticated.size >= Math.max(1, Math.floor((most * strangersPercent) / 100))
      if ((unauthenticatedFull || connections >= most) && !makeRoom()) return 'full'
      connections++
      const client: Unauthenticated = { since: now(), end }
      let counted = !trusted
      if (counted) {
        unauthenticated.add(client)
        byNetwork.set(network, (byNetwork.get(network) ?? 0) + 1)
      }
      const loggedIn = (): void => {
        unauthenticated.delete(client)
        if (!counted) return
        counted = false
        const left = (byNetwork.get(network) ?? 1) - 1
        if (left > 0) byNetwork.set(network, left)
        else byNetwork.delete(network)
      }
      let here = true
      return {
        loggedIn,
        leave() {
          loggedIn()
          if (here) connections--
          here = false
        },
      }
    },
    sweep() {
      const { loginDeadlineMs } = settings()
      for (const client of unauthenticated) {
        if (now() - client.since < loginDeadlineMs) return
        unauthenticated.delete(client)
        client.end('deadline')
      }
    },
    get unauthenticated() {
      return unauthenticated.size
    },
    get connections() {
      return connections
    },
  }
}
