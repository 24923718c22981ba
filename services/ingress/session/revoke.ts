import type { RuntimeConfig } from '@postrider/runtime-config/config'

/** Tells all whose login the predicate holds for 421 and closes them, but for those that are in the middle of a command or a
 * message; returns how many of these there are. */
export type EndSessions = (gone: (login: string) => boolean) => number

/** Until those who are in the middle of a message have had their answer. */
const AGAIN_MS = 250

/** Ends the sessions of credentials that are no longer there: what a program once logged in with must not stay a way in. Returns
 * what is to be called on each change of the configuration. */
export function createRevoker(config: () => RuntimeConfig, listeners: { endSessions: EndSessions }[]): () => void {
  let again: NodeJS.Timeout | undefined
  const sweep = (): void => {
    clearTimeout(again)
    const { credentials } = config()
    const left = listeners.reduce((sum, each) => sum + each.endSessions((login) => !credentials.has(login)), 0)
    again = left === 0 ? undefined : setTimeout(sweep, AGAIN_MS).unref()
  }
  return sweep
}
