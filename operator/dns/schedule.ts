/** How long until a Domain's records are looked at again, milliseconds. A new Domain's owner is publishing them right now: soon,
 * then less and less often up to `recheckMs`; and what is complete is only watched. */
export function nextLook(
  { complete, since }: { complete: boolean; /** How long the records have been incomplete, ms. */ since: number },
  recheckMs: number,
  random: () => number = Math.random,
): number {
  const wish = complete ? recheckMs : Math.min(recheckMs, Math.max(FIRST_MS, since / 4))
  // Spread, so that a thousand Domains are not asked for at once.
  return Math.round(wish * (0.9 + 0.2 * random()))
}

const FIRST_MS = 10_000
