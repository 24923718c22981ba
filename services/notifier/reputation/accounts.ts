import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { LimitConfig, RuntimeConfig } from '@postrider/runtime-config/config'

/** A credential or a domain that has a reputation. */
export interface Account {
  /** `credential/<address>` or `domain/<name>`. */
  account: string
  limit: LimitConfig | undefined
  /** `spec.resume`. */
  resume: string
  /** The domain that notices count for. */
  domain: string
  /** Recipient of notices. For a domain it is the postmaster, an address that every mail domain must support (RFC 5321, 4.5.1). */
  address: string
}

/** All credentials and domains of the configuration. */
export function* accountsOf({ credentials, domains }: RuntimeConfig): Iterable<Account> {
  for (const { address, domain, limit, resume = '' } of credentials.values())
    yield { account: credentialAccount(address), limit, resume, domain, address }
  for (const { name, limit, resume = '' } of domains.values())
    yield { account: domainAccount(name), limit, resume, domain: name, address: `postmaster@${name}` }
}
