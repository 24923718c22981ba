import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { LiveConfig } from '@postrider/runtime-config/store'

/** The accounts that the configuration declares. Nothing is kept in memory for any other account. */
export interface Accounts {
  has(account: string): boolean
  /** Calls `run` when accounts may have been added or deleted. */
  onChange(run: () => void): void
}

/** Follows the configuration. */
export function declaredAccounts(live: Pick<LiveConfig, 'current' | 'onChange'>): Accounts {
  let declared = accountsIn(live.current)
  const listeners: (() => void)[] = []
  live.onChange((config) => {
    declared = accountsIn(config)
    for (const run of listeners) run()
  })
  return { has: (account) => declared.has(account), onChange: (run) => void listeners.push(run) }
}

const accountsIn = ({ credentials, domains }: LiveConfig['current']): Set<string> =>
  new Set([...credentials.keys().map(credentialAccount), ...domains.keys().map(domainAccount)])
