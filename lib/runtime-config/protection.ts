/** What the submission ports bear. Counts are for one ingress process, durations in milliseconds; see ingress.protection in
 * docs/resources.md. */
export interface ProtectionConfig {
  /** Wrong passwords from one network within the window until it is blocked; 0: never. */
  loginFailures: number
  /** Wrong passwords on one account within the window until unfamiliar networks have one try each; 0: never. */
  accountFailures: number
  windowMs: number
  blockMs: number
  connections: number
  /** Share of the connections that those may have who have not logged in. */
  strangersPercent: number
  /** Connections of one network that have not logged in; 0: no limit. */
  strangersPerNetwork: number
  /** New connections a minute of a network that nobody logged in from lately; 0: no limit. */
  connectionsPerMinute: number
  loginDeadlineMs: number
  commandMs: number
  contentMs: number
}

/** What holds until a publisher that knows these settings has written them, as after an upgrade: the defaults. */
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
