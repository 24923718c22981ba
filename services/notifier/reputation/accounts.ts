import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { LimitConfig, RuntimeConfig } from '@postrider/runtime-config/config'

/** A credential or a domain as its reputation sees it. */
export interface Account {
  account: string
  limit: LimitConfig | undefined
  /** `spec.resume`. */
  resume: string
  /** The domain whose mail a notice is, and where it goes (RFC 5321, 4.5.1: a domain that sends mail has a postmaster). */
  domain: string
  address: string
}

/** All credentials and domains of the configuration. */
export function* accountsOf({ credentials, domains }: RuntimeConfig): Iterable<Account> {
  for (const { address, domain, limit, resume = '' } of credentials.values())
    yield { account: credentialAccount(address), limit, resume, domain, address }
  for (const { name, limit, resume = '' } of domains.values())
    yield { account: domainAccount(name), limit, resume, domain: name, address: `postmaster@${name}` }
}
