import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import type { CredentialConfig, DomainConfig, LimitConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { effectiveLimit } from '@postrider/reputation/effective'
import { refuseSuspended } from './suspended.ts'
import type { ReputationOf } from './suspended.ts'
import { RefusalError } from '@postrider/smtp/refusal'

/** The submitter of a transaction. It is looked up for each command, so that a change of the configuration takes effect immediately. */
export interface Submitter {
  credential: CredentialConfig
  domain: DomainConfig
  /** The limits that apply, the credential's first. */
  limits: { account: string; limit: LimitConfig }[]
}

/** Recipients of one message unless an SMTPLimit allows fewer (RFC 5321, 4.5.3.1.8, requires at least 100). */
const MAX_RECIPIENTS = 1000

/** The credential and domain of a login. Throws the RefusalError if either was deleted or is suspended. */
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

/** The limits of a login, the credential's first. Does not check for suspension. */
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

/** The sender patterns of a submitter: its own address, and the allowed senders of its credential and its domain. */
export const allowedSenders = ({ credential, domain }: Submitter): string[] => [
  credential.address,
  ...credential.allowedSenders,
  ...domain.allowedSenders,
]

/** The most recipients that a message of this submitter may have. */
export function maxRecipients({ limits }: Submitter): number {
  return Math.min(MAX_RECIPIENTS, ...limits.map(({ limit }) => limit.recipientsPerMessage))
}

/** The largest message that this submitter may send. Octets. */
export function maxOctets({ limits }: Submitter, platformMax: number): number {
  return Math.min(platformMax, ...limits.map(({ limit }) => limit.messageBytes))
}

/** The refusal of a message that is larger, by its SIZE parameter or by its content. */
export const tooLarge = (octets: number): RefusalError =>
  new RefusalError(552, '5.3.4', `the message exceeds your limit of ${octets} octets`, 'size')
