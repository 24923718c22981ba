import { DAY_MS } from '@postrider/time/day'

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS }
const UNITS_BYTES: Record<string, number> = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 }

export const DURATION = /^(0|(\d{1,7})(ms|s|m|h|d))$/
export const SIZE = /^(\d{1,12})(Ki|Mi|Gi)?$/

/** Converts a duration that matches DURATION to milliseconds: `0`, `250ms`, `30s`, `5m`, `4h`, `30d`. */
export function durationMs(text: string): number {
  const [, , count, unit] = DURATION.exec(text) ?? []
  return Number(count ?? 0) * (UNITS_MS[unit ?? ''] ?? 0)
}

/** Converts a size that matches SIZE to octets: `1000`, `64Ki`, `25Mi`, `1Gi`. */
export function sizeBytes(text: string): number {
  const [, count, unit] = SIZE.exec(text) ?? []
  return Number(count ?? 0) * (UNITS_BYTES[unit ?? ''] ?? 1)
}
