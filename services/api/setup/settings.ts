import type { Submission } from '@postrider/contract/submission'
import { normaliseAddress, normaliseDomain } from '@postrider/mail/address'
import type { IncomingConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { ProblemError } from '../problem.ts'

/** A server that a mail client is to use. */
export interface MailServer {
  protocol: 'imap' | 'pop3' | 'smtp'
  host: string
  port: number
  /** TLS from the first octet; STARTTLS otherwise. */
  implicitTls: boolean
  userName: 'Address' | 'LocalPart'
}

/** What a mail client needs to know for the addresses of a domain. */
export interface ClientSettings {
  domain: string
  /** Best first. */
  incoming: IncomingConfig[]
  outgoing: MailServer[]
}

/** The settings of a domain, the same for all its addresses; throws a Problem where it is not served. It does not reveal which addresses exist.
 *
 * Nor does it reveal anything about a domain that is suspended or not yet verified: a profile that this platform signs must
 * not lead the users of a domain to whoever only says that it is his. */
export function settingsOf(domain: string, config: RuntimeConfig, submission: Submission): ClientSettings {
  const found = config.domains.get(domain)
  if (found === undefined || found.suspended)
    throw new ProblemError(404, 'this platform does not send mail for this domain')
  return { domain, incoming: found.incoming ?? [], outgoing: outgoingOf(submission) }
}

function outgoingOf({ host, implicitTls, startTls }: Submission): MailServer[] {
  const at = (port: number | undefined, tlsFirst: boolean): MailServer[] =>
    port === undefined ? [] : [{ protocol: 'smtp', host, port, implicitTls: tlsFirst, userName: 'Address' }]
  // RFC 8314, 3.3: implicit TLS is to be preferred.
  return [...at(implicitTls, true), ...at(startTls, false)]
}

/** A parameter of a query, its name in whatever case. */
export const valueOf = (query: URLSearchParams, name: string): string | undefined =>
  [...query].find(([key]) => key.toLowerCase() === name)?.[1]

/** `%EMAILADDRESS%`, `{email}`: a client that asked before it filled them in. */
const PLACEHOLDER = /^[%{$<[][^@]*[%}>\]]$/

/** The address that a query asks about; undefined where it names none. A `+` is one, though forms write a blank so. */
export function addressIn(query: URLSearchParams): string | undefined {
  const asked = (valueOf(query, 'emailaddress') ?? '').trim()
  return asked === '' || PLACEHOLDER.test(asked) ? undefined : asked.replaceAll(' ', '+')
}

/** An address of a request and its domain, white space around it aside; throws a Problem when it is not a full address. */
export function addressOf(given: string | null | undefined): { address: string; domain: string } {
  const address = normaliseAddress((given ?? '').trim())
  if (address === undefined) throw new ProblemError(400, 'emailaddress must be a full address: local@domain')
  return { address, domain: address.slice(address.lastIndexOf('@') + 1) }
}

/** The domain that a request means by its host name: `autoconfig.example.org`, `autodiscover.example.org` and `example.org` are example.org. */
export const domainOfHost = (host: string): string =>
  normaliseDomain(host.replace(/^(?:autoconfig|autodiscover)\./, '')) ?? host

/** What a client logs in with at a server. */
export const loginAt = ({ userName }: Pick<MailServer, 'userName'>, address: string): string =>
  userName === 'Address' ? address : address.slice(0, address.lastIndexOf('@'))
