/** How long to wait after the `failures`-th failure in a row (from 1), in milliseconds: doubles from `firstMs` to `capMs`, times a
 * random factor from 0.5 to 1, so that what failed together is not retried together. */
export function backoffMs(
  failures: number,
  { firstMs, capMs }: { firstMs: number; capMs: number },
  random: () => number = Math.random,
): number {
  const whole = Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return Math.round((whole / 2) * (1 + random()))
}
