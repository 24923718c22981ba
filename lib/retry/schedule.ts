import type { RetryConfig } from '@postrider/runtime-config/config'
import { DAY_MS } from '@postrider/time/day'

/** The default of a platform: the first retry after five minutes, then increasing gaps up to four hours, for five days. RFC 5321,
 * 4.5.4.1 asks for at least 30 minutes between retries in general, and a give-up time of four to five days. */
export const DEFAULT_RETRY: RetryConfig = {
  firstMs: 5 * 60_000,
  capMs: 4 * 3_600_000,
  jitter: 0.1,
  lifetimeMs: 5 * DAY_MS,
}

/**
 * How long to wait after attempt number `attempt` (from 1), in whole milliseconds, since the broker rejects fractions.
 *
 * Doubles from `firstMs` to `capMs`, and is then spread by ±`jitter`, so that a site that recovers does not receive all deferred messages
 * at once. The lifetime is not decided here (see plan-retry.ts).
 */
export function retryDelay(
  attempt: number,
  { firstMs, capMs, jitter }: RetryConfig,
  random: () => number = Math.random,
): number {
  // 2 ** 1024 is Infinity, which the cap also bounds.
  const delay = Math.min(capMs, firstMs * 2 ** (attempt - 1))
  return Math.max(1, Math.round(delay * (1 - jitter + 2 * jitter * random())))
}
