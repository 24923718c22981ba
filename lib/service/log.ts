import { pino } from 'pino'
import type { Logger } from 'pino'

export type { Logger }

/** One JSON line an event on stdout, `service` and `time` in each. Never content, never a password: fields that could hold
 * one are cut out wherever they appear. */
export function createLogger(service: string, level = 'info'): Logger {
  // Lines are gathered for a moment: a write for each would be a system call a message. A crash loses the last ones, which
  // tell of nothing that is not in the queue as well.
  const destination = pino.destination({ sync: false, minLength: 8192, periodicFlush: 200, maxLength: 1024 * 1024 })
  // The process does not end because the disk has no room for a log line: the lines wait, and beyond 1 MiB the newest are dropped.
  destination.on('error', () => undefined)
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['password', 'content', 'authorization'], remove: true },
    },
    destination,
  )
}

/** Writes out what was gathered; before the process ends. */
export function flushLogger(log: Logger): Promise<void> {
  return new Promise((resolve) => log.flush(() => resolve()))
}
