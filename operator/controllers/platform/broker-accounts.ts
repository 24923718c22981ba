import type { Logger } from '@postrider/service/log'
import { reload } from '../../broker/reload.ts'
import type { ServerState } from '../../broker/reload.ts'
import type { Keeper } from './keeper.ts'

/** Makes each server of the broker load its accounts, its certificate and its configuration. */
export interface BrokerAccountsController {
  run(): Promise<{ againMs?: number | undefined }>
  /** Why services of this release must not start yet; undefined if they may. */
  readonly waiting: string | undefined
}

const SOON_MS = 3000
/** Finds servers that were replaced, or that read incomplete files. */
const RELOOK_MS = 10 * 60_000

/** `ours` is false for a broker that does not belong to this release: it is not checked, and nothing waits for it. */
export function brokerAccountsController(
  { keeper, log, ours }: { keeper: Keeper; log: Logger; ours: boolean },
  changed: () => void,
): BrokerAccountsController {
  let waiting: string | undefined = ours ? 'the broker has not been checked yet' : undefined
  let opened = !ours
  let said = ''

  return {
    get waiting() {
      return opened ? undefined : waiting
    },
    async run() {
      if (!ours) return {}
      const access = keeper.brokerAccess('watch')
      const tag = keeper.accountsTag
      if (access === undefined || tag === undefined) return { againMs: SOON_MS }
      const states = await reload(access, tag)
      const text = describe(states)
      if (text !== said) {
        said = text
        log.info({ event: 'broker-accounts', tag, servers: text })
      }
      const before = waiting
      waiting = reasonToWait(states)
      if (waiting === undefined) opened = true
      if (waiting !== before) changed()
      return { againMs: states.every(({ state }) => state === 'current') ? RELOOK_MS : SOON_MS }
    },
  }
}

/** Services may connect to any server, so they wait until none is stale and most are current. A server that is away loads the new
 * accounts when it starts. */
export function reasonToWait(states: ServerState[]): string | undefined {
  const current = states.filter(({ state }) => state === 'current')
  if (states.every(({ state }) => state !== 'stale') && current.length * 2 > states.length) return undefined
  return `the broker has not loaded its accounts yet (${describe(states)}); until it has, the services are not updated`
}

const describe = (states: ServerState[]): string =>
  states.map(({ server, state, why }) => `${server}: ${why ?? state}`).join('; ')
