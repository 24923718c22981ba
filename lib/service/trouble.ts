import type { Logger } from './log.ts'

/** Something that is tried again and again. It is reported when it begins to fail and when it works again, and not at each try in between. */
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

/** In the log as `<what>-failing` and `<what>-works`. */
export const loggedTrouble = (log: Pick<Logger, 'warn' | 'info'>, what: string): Trouble =>
  createTrouble(
    (error) => log.warn({ event: `${what}-failing`, err: error }),
    () => log.info({ event: `${what}-works` }),
  )
