import type { RateConfig } from '@postrider/runtime-config/config'

/** A token bucket as two times (GCRA): when it will be full again, and when the last token was taken. Milliseconds since the epoch. */
export type RateUse = [fullAt: number, takenAt: number]

/** Time per token, in milliseconds; usually not a whole number. */
export const intervalOf = ({ messages, perMs }: RateConfig): number => perMs / messages

/** The clocks of different servers normally differ by no more than this, so a time within it is not corrected. Milliseconds. */
const MAX_SKEW_MS = 10_000

/** Corrects a use with times of a clock that was ahead: the burst counts as spent now. Otherwise it would block until the wrong time has
 * passed. Returns the same object when there is nothing to correct. */
export function pullBackRate(use: RateUse, rate: RateConfig, now: number): RateUse {
  const latest = now + rate.burst * intervalOf(rate)
  return use[0] <= latest + MAX_SKEW_MS ? use : [latest, use[1]]
}

/** Takes a token, or returns how many tokens of the burst are used and when the next one is available. */
export function takeToken(
  use: RateUse | undefined,
  rate: RateConfig,
  now: number,
): { use: RateUse } | { used: number; freeAt: number } {
  const interval = intervalOf(rate)
  const fullAt = Math.max(use?.[0] ?? 0, now)
  const next = fullAt + interval
  // Half a millisecond of tolerance: sums of fractional intervals are not exact.
  if (next <= now + rate.burst * interval + 0.5) return { use: [next, now] }
  return { used: tokensOut(use, rate, now), freeAt: Math.ceil(next - rate.burst * interval) }
}

/** Returns a token, unless another one was taken after it. In that case the time between the two would count twice, and one message more
 * than allowed could pass; the token then comes back with time only. */
export function giveToken(use: RateUse | undefined, intervalMs: number, takenAt: number): RateUse | undefined {
  if (use === undefined || takenAt !== use[1]) return use
  return [use[0] - intervalMs, use[1]]
}

/** How many tokens of the burst are used. */
export function tokensOut(use: RateUse | undefined, rate: RateConfig, now: number): number {
  if (use === undefined || use[0] <= now) return 0
  return Math.min(rate.burst, Math.ceil((use[0] - now) / intervalOf(rate)))
}
