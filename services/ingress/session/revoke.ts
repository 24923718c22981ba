import type { RuntimeConfig } from '@postrider/runtime-config/config'

/** Answers 421 to the sessions whose login matches the predicate, and closes them. Sessions in the middle of a command or a message are
 * left open; returns their number. */
export type EndSessions = (gone: (login: string) => boolean) => number

/** Time until sessions that were in the middle of a message are checked again. */
const RETRY_MS = 250

/** Ends the sessions of deleted credentials: a session that was opened earlier must not bypass the deletion. Returns a function to call on
 * each change of the configuration. */
export function createRevoker(config: () => RuntimeConfig, listeners: { endSessions: EndSessions }[]): () => void {
  let again: NodeJS.Timeout | undefined
  const sweep = (): void => {
    clearTimeout(again)
    const { credentials } = config()
    const left = listeners.reduce((sum, each) => sum + each.endSessions((login) => !credentials.has(login)), 0)
    again = left === 0 ? undefined : setTimeout(sweep, RETRY_MS).unref()
  }
  return sweep
}
