import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { CredentialConfig, DomainConfig, LimitConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { effectiveLimit } from '@postrider/reputation/effective'
import { refuseSuspended } from './suspended.ts'
import type { ReputationOf } from './suspended.ts'
import { RefusalError } from '@postrider/smtp/refusal'

/** The submitter, looked up again for each transaction, so that a change of the configuration counts at once. */
export interface Submitter {
  credential: CredentialConfig
  domain: DomainConfig
  /** Those that apply, the credential's first. */
  limits: { account: string; limit: LimitConfig }[]
}

/** Recipients of one message when no SMTPLimit says less (RFC 5321, 4.5.3.1.8 asks for at least 100). */
const MAX_RECIPIENTS = 1000

/** The credential and domain behind a login; throws the RefusalError for one that is gone or suspended. */
export function submitterOf(login: string, config: RuntimeConfig, reputationOf: ReputationOf): Submitter {
  const credential = config.credentials.get(login)
  const domain = credential && config.domains.get(credential.domain)
  if (credential === undefined || domain === undefined) {
    throw new RefusalError(530, '5.7.0', 'your credential is no longer valid; log in with another one', 'auth')
  }
  if (credential.suspended || domain.suspended) {
    const what = credential.suspended ? `credential ${credential.address}` : `domain ${domain.name}`
    throw new RefusalError(450, '4.7.1', `the ${what} is suspended; contact your mail administrator`, 'suspended')
  }
  refuseSuspended([credentialAccount(credential.address), domainAccount(domain.name)], reputationOf)
  return { credential, domain, limits: limitsOf(login, config, reputationOf) }
}

/** Limits of a login, its own first, also while it is suspended. */
export function limitsOf(login: string, config: RuntimeConfig, reputationOf: ReputationOf): Submitter['limits'] {
  const credential = config.credentials.get(login)
  const domain = credential && config.domains.get(credential.domain)
  const given: [account: string, limit: LimitConfig | undefined][] = [
    [credentialAccount(login), credential?.limit],
    [domainAccount(domain?.name ?? ''), domain?.limit],
  ]
  return given.flatMap(([account, limit]) =>
    limit === undefined ? [] : [{ account, limit: effectiveLimit(limit, reputationOf(account)) }],
  )
}

/** From patterns of a submitter: its own address, its credential's and its domain's allowed senders. */
export const allowedSenders = ({ credential, domain }: Submitter): string[] => [
  credential.address,
  ...credential.allowedSenders,
  ...domain.allowedSenders,
]

export function mostRecipients({ limits }: Submitter): number {
  return Math.min(MAX_RECIPIENTS, ...limits.map(({ limit }) => limit.recipientsPerMessage))
}

export function mostOctets({ limits }: Submitter, platformMost: number): number {
  return Math.min(platformMost, ...limits.map(({ limit }) => limit.messageBytes))
}
