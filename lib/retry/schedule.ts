import type { RetryConfig } from '@postrider/runtime-config/config'
import { DAY_MS } from '@postrider/time/day'

/** What a platform has that says nothing else: the first retry after five minutes, then ever longer gaps up to four hours, for
 * five days. RFC 5321, 4.5.4.1 asks for 30 minutes on average and a give-up time of four to five days. */
export const DEFAULT_RETRY: RetryConfig = {
  firstMs: 5 * 60_000,
  capMs: 4 * 3_600_000,
  jitter: 0.1,
  lifetimeMs: 5 * DAY_MS,
}

/** How long to wait after attempt number `attempt` (from 1), in whole milliseconds: the broker takes no fractions.
 *
 * Doubles from `firstMs` to `capMs`, then is spread by +/- `jitter`, so that a site that comes back is not met by everybody
 * at once. The lifetime is not decided here (see plan-retry.ts). */
export function retryDelay(
  attempt: number,
  { firstMs, capMs, jitter }: RetryConfig,
  random: () => number = Math.random,
): number {
  // 2 ** 1024 is Infinity, which the cap bounds as well.
  const delay = Math.min(capMs, firstMs * 2 ** (attempt - 1))
  return Math.max(1, Math.round(delay * (1 - jitter + 2 * jitter * random())))
}
