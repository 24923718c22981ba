import type { Clock } from './clock.ts'
import type { Cluster } from './client.ts'

export interface Candidacy {
  cluster: Cluster
  namespace: string
  /** Name of the Lease. */
  name: string
  /** Who we are: unique a process, e.g. the pod's name. */
  identity: string
  /** Does the leader's work until the signal aborts, and then ends soon: it has 5 s before another may begin. When it ends or
   * fails by itself the lead is given up. */
  onStart(signal: AbortSignal): Promise<void>
  /** The lead is over, and the work has ended; the reason for the log. Afterwards we are a candidate again. */
  onLost(reason: string): void
  /** What kept us from asking or renewing; it goes on by itself. */
  onError?(error: unknown): void
  clock?: Clock
  timing?: Partial<LeaseTiming>
}

export interface LeaseTiming {
  /** A candidate takes a lease that it has not seen renewed for so long. Default 15 s. */
  durationMs: number
  /** The leader ends its work when it could not renew for so long. Default 10 s; less than durationMs. */
  renewDeadlineMs: number
  /** Between two tries. Default 2 s. */
  retryMs: number
}

export interface Leadership {
  readonly leading: boolean
  /** Who leads, as last seen; '' for nobody. */
  readonly leader: string
  /** Ends the work, waits for it, releases the lease and resolves. */
  stop(): Promise<void>
}

export function runAsLeader(candidacy: Candidacy): Leadership {
  throw new Error(`not there yet ${JSON.stringify(candidacy)}`)
}
