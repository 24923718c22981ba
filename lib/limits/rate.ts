import type { RateConfig } from '@postrider/runtime-config/config'

/** A token bucket as two times (GCRA): when it will be full again, and when a token was taken last. Milliseconds. */
export type RateUse = [fullAt: number, takenAt: number]

/** What a token costs in time, milliseconds; not a whole number in general. */
export const intervalOf = ({ messages, perMs }: RateConfig): number => perMs / messages

/** Clocks of different servers may differ by this much while all is well: what one stamps is not to be forgiven by the next. Milliseconds. */
const MAX_SKEW_MS = 10_000

/** The use of a clock that was ahead, as of a burst that is spent now: else it would block until that time has passed. The same object when
 * there is nothing to correct. */
export function pullBackRate(use: RateUse, rate: RateConfig, now: number): RateUse {
  const latest = now + rate.burst * intervalOf(rate)
  return use[0] <= latest + MAX_SKEW_MS ? use : [latest, use[1]]
}

/** Takes a token, or says how many of the burst are gone and when there is one again. */
export function takeToken(
  use: RateUse | undefined,
  rate: RateConfig,
  now: number,
): { use: RateUse } | { used: number; freeAt: number } {
  const interval = intervalOf(rate)
  const fullAt = Math.max(use?.[0] ?? 0, now)
  const next = fullAt + interval
  // Half a millisecond of grace: sums of fractional intervals are not exact.
  if (next <= now + rate.burst * interval + 0.5) return { use: [next, now] }
  return { used: tokensOut(use, rate, now), freeAt: Math.ceil(next - rate.burst * interval) }
}

/** Puts a token back, when none was taken after it. Else the pause between the two would count twice, and one more than allowed
 * could come through; what is not put back comes back with time. */
export function giveToken(use: RateUse | undefined, intervalMs: number, takenAt: number): RateUse | undefined {
  if (use === undefined || takenAt !== use[1]) return use
  return [use[0] - intervalMs, use[1]]
}

/** Tokens of the burst that are gone. */
export function tokensOut(use: RateUse | undefined, rate: RateConfig, now: number): number {
  if (use === undefined || use[0] <= now) return 0
  return Math.min(rate.burst, Math.ceil((use[0] - now) / intervalOf(rate)))
}
