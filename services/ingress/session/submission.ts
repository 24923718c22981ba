import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { domainOf } from '@postrider/mail/envelope'
import { normaliseAddress } from '@postrider/mail/address'
import { credentialAccount, domainAccount } from '@postrider/queue/names'
import { encodeXtext } from '@postrider/dsn/xtext'
import type { CredentialConfig, DomainConfig, LimitConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import type { SMTPServerAddress, SMTPServerSession } from 'smtp-server'
import { Refusal } from '../refusal.ts'

/** Who submits: looked up anew for each transaction, so that a change of the configuration counts at once. */
export interface Submitter {
  credential: CredentialConfig
  domain: DomainConfig
  /** Those that apply, the credential's first. */
  limits: { account: string; limit: LimitConfig }[]
}

/** Recipients of one message when no SMTPLimit says less (RFC 5321, 4.5.3.1.8 asks for at least 100). */
const MOST_RECIPIENTS = 1000

/** The credential and domain behind a login; throws the Refusal for one that is gone or suspended. */
export function submitterOf(login: string, config: RuntimeConfig): Submitter {
  const credential = config.credentials.get(login)
  const domain = credential && config.domains.get(credential.domain)
  if (credential === undefined || domain === undefined) {
    throw new Refusal(530, '5.7.0', 'your credential is no longer valid; log in with another one', 'auth')
  }
  if (credential.suspended || domain.suspended) {
    const what = credential.suspended ? `credential ${credential.address}` : `domain ${domain.name}`
    throw new Refusal(450, '4.7.1', `the ${what} is suspended; ask who runs this platform`, 'suspended')
  }
  return { credential, domain, limits: limitsOf(login, config) }
}

/** Limits of a login, its own first, also while it is suspended. */
export function limitsOf(login: string, config: RuntimeConfig): Submitter['limits'] {
  const credential = config.credentials.get(login)
  const domain = credential && config.domains.get(credential.domain)
  return [
    ...(credential?.limit ? [{ account: credentialAccount(credential.address), limit: credential.limit }] : []),
    ...(domain?.limit ? [{ account: domainAccount(domain.name), limit: domain.limit }] : []),
  ]
}

/** From patterns of a submitter: its own address, its credential's and its domain's allowed senders. */
export const allowedSenders = ({ credential, domain }: Submitter): string[] => [
  credential.address,
  ...credential.allowedSenders,
  ...domain.allowedSenders,
]

export function mostRecipients({ limits }: Submitter): number {
  return Math.min(MOST_RECIPIENTS, ...limits.map(({ limit }) => limit.recipientsPerMessage))
}

export function mostOctets({ limits }: Submitter, platformMost: number): number {
  return Math.min(platformMost, ...limits.map(({ limit }) => limit.messageBytes))
}

/** One RCPT TO as the queue keeps it; throws the Refusal for an address that mail can't be sent to. */
export function recipientOf(given: SMTPServerAddress): Recipient {
  const address = normaliseAddress(given.address)
  const destination = address === undefined ? '' : domainOf(address)
  if (address === undefined || !destination.includes('.') || destination.startsWith('[')) {
    const why = destination.startsWith('[')
      ? 'an address literal is no mail domain here'
      : 'it needs a full domain name'
    throw new Refusal(553, '5.1.3', `the address <${given.address}> can not be delivered to: ${why}`, 'recipient')
  }
  const recipient: Recipient = { address }
  const notify = given.dsn?.notify
  if (notify !== undefined)
    recipient.notify = notify[0] === 'NEVER' ? 'NEVER' : (notify as Exclude<Recipient['notify'], 'NEVER'>)
  if (given.dsn?.orcpt !== undefined) recipient.orcpt = encodedOrcpt(given.dsn.orcpt)
  return recipient
}

/** smtp-server hands ORCPT out decoded; it is kept and passed on encoded, as it came (RFC 3461, 4.2). */
function encodedOrcpt(orcpt: string): string {
  const end = orcpt.indexOf(';')
  return `${orcpt.slice(0, end)};${encodeXtext(orcpt.slice(end + 1))}`
}

/** What MAIL FROM said beside the address. */
export function mailParameters(session: SMTPServerSession): Pick<Envelope, 'ret' | 'envid' | 'utf8' | 'eightBit'> {
  const { dsn, smtpUtf8, bodyType } = session.envelope
  return {
    ...(dsn?.ret === 'FULL' || dsn?.ret === 'HDRS' ? { ret: dsn.ret } : {}),
    ...(dsn?.envid ? { envid: encodeXtext(dsn.envid) } : {}),
    utf8: smtpUtf8 === true,
    eightBit: bodyType === '8bitmime',
  }
}
