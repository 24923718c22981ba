import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import { BoundedMap } from '@postrider/bounded-map/bounded-map'
import { networkOf } from '@postrider/authentication/network'

/** A connection that the limiter has admitted. */
export interface AdmittedConnection {
  /** Call it when the client has logged in: it no longer counts as unauthenticated. */
  loggedIn(): void
  /** Call it when the connection has closed. */
  closed(): void
}

/** Why a connection is rejected (`full`, `network`, `rate`), or closed later (`deadline`, `displaced`). */
export type LimiterReason = 'full' | 'network' | 'rate' | 'deadline' | 'displaced'

export interface ArrivingConnection {
  address: string
  /** True for the networks of a relay port, whose clients need no login. */
  trusted: boolean
  /** Closes the connection. Called at most once; `closed` is still to be called when it has closed. */
  end(reason: LimiterReason): void
}

export interface ConnectionLimiter {
  /** Admits a connection, or returns why it is rejected. */
  admit(connection: ArrivingConnection): AdmittedConnection | LimiterReason
  /** Closes clients that have not logged in by the deadline. Call it several times a second. */
  sweep(): void
  /** Number of unauthenticated connections. */
  readonly unauthenticated: number
  /** Number of admitted connections, including unauthenticated ones. */
  readonly connections: number
}

interface Unauthenticated {
  since: number
  end(reason: LimiterReason): void
}

const MINUTE_MS = 60_000
/** Networks whose rate of new connections is remembered. */
const MAX_REMEMBERED = 100_000

/** Limits the connections of one process. Unauthenticated clients have a share of all connections, a number of connections for each
 * network, a deadline for the login, and a rate of new connections if no one has logged in from their network recently. When their share
 * is full, the oldest unauthenticated client is closed: a legitimate client logs in within a fraction of a second, so this hits the
 * clients of a flood.
 *
 * `knowsNetwork` returns true if a client has logged in from the network of an address recently. `now` in milliseconds, monotonic. */
export function createConnectionLimiter(
  settings: () => ProtectionConfig,
  knowsNetwork: (address: string) => boolean,
  now: () => number = () => performance.now(),
): ConnectionLimiter {
  // A Set keeps insertion order: the oldest client comes first.
  const unauthenticated = new Set<Unauthenticated>()
  const byNetwork = new Map<string, number>()
  const arrivals = new BoundedMap<{ since: number; count: number }>(MAX_REMEMBERED)
  let connections = 0

  function exceedsRate(network: string, address: string): boolean {
    const { connectionsPerMinute } = settings()
    if (connectionsPerMinute === 0 || knowsNetwork(address)) return false
    const known = arrivals.get(network)
    const minute = known !== undefined && now() - known.since < MINUTE_MS ? known : { since: now(), count: 0 }
    minute.count++
    arrivals.set(network, minute)
    return minute.count > connectionsPerMinute
  }

  function makeRoom(): boolean {
    const [oldest] = unauthenticated
    if (oldest === undefined) return false
    // Removed now, not when its socket has closed: until then, further arrivals would select the same client again.
    unauthenticated.delete(oldest)
    oldest.end('displaced')
    return true
  }

  function refusal(network: string, address: string): LimiterReason | undefined {
    const { strangersPerNetwork } = settings()
    if (strangersPerNetwork > 0 && (byNetwork.get(network) ?? 0) >= strangersPerNetwork) return 'network'
    return exceedsRate(network, address) ? 'rate' : undefined
  }

  return {
    admit({ address, trusted, end }) {
      const { connections: max, strangersPercent } = settings()
      const network = networkOf(address)
      const reason = trusted ? undefined : refusal(network, address)
      if (reason !== undefined) return reason
      const unauthenticatedFull =
        !trusted && unauthenticated.size >= Math.max(1, Math.floor((max * strangersPercent) / 100))
      if ((unauthenticatedFull || connections >= max) && !makeRoom()) return 'full'
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
      let open = true
      return {
        loggedIn,
        closed() {
          loggedIn()
          if (open) connections--
          open = false
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
