import { pino } from 'pino'
import type { Logger } from 'pino'

export type { Logger }

/** Creates a logger that writes one JSON line per event to stdout, with `service` and `time`. Content and passwords must never be
 * logged; top-level fields that could contain them are removed. */
export function createLogger(service: string, level = 'info'): Logger {
  // Lines are buffered briefly, since a write for each would be one system call per message. A crash loses the last lines, which contain
  // nothing that is not in the queue as well.
  const destination = pino.destination({ sync: false, minLength: 8192, periodicFlush: 200, maxLength: 1024 * 1024 })
  // A full disk must not end the process: lines are kept in memory, and beyond 1 MiB the newest are dropped.
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

/** Writes buffered lines; called before the process ends. */
export function flushLogger(log: Logger): Promise<void> {
  return new Promise((resolve) => log.flush(() => resolve()))
}
