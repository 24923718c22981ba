import type { Logger } from './log.ts'

/** The state of an operation that is retried repeatedly. A failure is reported when it begins and when it is over, and not at each retry
 * in between. */
export interface Trouble {
  failed(error: unknown): void
  over(): void
}

export function createTrouble(begun: (error: unknown) => void, ended: () => void): Trouble {
  let failing = false
  return {
    failed(error) {
      if (failing) return
      failing = true
      begun(error)
    },
    over() {
      if (failing) ended()
      failing = false
    },
  }
}

/** Reports trouble in the log, as the events `<what>-failing` and `<what>-works`. */
export const loggedTrouble = (log: Pick<Logger, 'warn' | 'info'>, what: string): Trouble =>
  createTrouble(
    (error) => log.warn({ event: `${what}-failing`, err: error }),
    () => log.info({ event: `${what}-works` }),
  )
