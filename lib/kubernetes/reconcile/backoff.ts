/** How long to wait after the `failures`-th failure in a row (from 1), in milliseconds: doubles from `firstMs` to `capMs`,
 * by chance between half of that and all of it, so that those who failed together do not come back together. */
export function backoffMs(
  failures: number,
  { firstMs, capMs }: { firstMs: number; capMs: number },
  random: () => number = Math.random,
): number {
  const whole = Math.min(capMs, firstMs * 2 ** Math.min(failures - 1, 30))
  return Math.round((whole / 2) * (1 + random()))
}
