/** How the submission ports are protected. Counts are for one ingress process, durations in milliseconds; see ingress.protection in
 * docs/resources.md. */
export interface ProtectionConfig {
  /** Wrong passwords from one network within the window after which it is blocked; 0: no limit. */
  loginFailures: number
  /** Wrong passwords for one account within the window after which networks without a recent login get one try each; 0: no limit. */
  accountFailures: number
  windowMs: number
  blockMs: number
  connections: number
  /** Percentage of the connections available to unauthenticated clients. */
  strangersPercent: number
  /** Unauthenticated connections from one network; 0: no limit. */
  strangersPerNetwork: number
  /** New connections per minute from a network without a recent login; 0: no limit. */
  connectionsPerMinute: number
  loginDeadlineMs: number
  commandMs: number
  contentMs: number
}

/** The defaults, in force until an operator that knows these settings has written them, as after an upgrade. */
export const DEFAULT_PROTECTION: ProtectionConfig = {
  loginFailures: 10,
  accountFailures: 50,
  windowMs: 600_000,
  blockMs: 900_000,
  connections: 5000,
  strangersPercent: 50,
  strangersPerNetwork: 50,
  connectionsPerMinute: 120,
  loginDeadlineMs: 60_000,
  commandMs: 300_000,
  contentMs: 180_000,
}
