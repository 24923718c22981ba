/** Milliseconds until a Domain's records are looked up again. Soon for a new Domain, whose owner is publishing them, then ever later, up
 * to `recheckMs`, which is also the interval for complete records. */
export function nextLook(
  { complete, since }: { complete: boolean; /** How long the records have been incomplete, ms. */ since: number },
  recheckMs: number,
  random: () => number = Math.random,
): number {
  const wish = complete ? recheckMs : Math.min(recheckMs, Math.max(FIRST_MS, since / 4))
  // Spread, so that a thousand Domains are not looked up at once.
  return Math.round(wish * (0.9 + 0.2 * random()))
}

const FIRST_MS = 10_000
