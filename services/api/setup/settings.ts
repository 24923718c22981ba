import type { Submission } from '@postrider/contract/submission'
import { normaliseAddress, normaliseDomain } from '@postrider/mail/address'
import type { IncomingConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { ProblemError } from '../problem.ts'

/** A server that a mail client should use. */
export interface MailServer {
  protocol: 'imap' | 'pop3' | 'smtp'
  host: string
  port: number
  /** True: implicit TLS; false: STARTTLS. */
  implicitTls: boolean
  userName: 'Address' | 'LocalPart'
}

/** The servers for the addresses of a domain. */
export interface ClientSettings {
  domain: string
  /** Best first. */
  incoming: IncomingConfig[]
  outgoing: MailServer[]
}

/** The settings of a domain. They are the same for all its addresses, so that they do not reveal which ones exist. Throws a ProblemError
 * with 404 if the domain is not served.
 *
 * A suspended or unverified domain counts as not served: a profile that this platform signs must not send the users of a domain to the
 * servers of someone who has not proved to own it. */
export function settingsOf(domain: string, config: RuntimeConfig, submission: Submission): ClientSettings {
  const found = config.domains.get(domain)
  if (found === undefined || found.suspended)
    throw new ProblemError(404, 'this platform does not send mail for this domain')
  return { domain, incoming: found.incoming ?? [], outgoing: outgoingOf(submission) }
}

function outgoingOf({ host, implicitTls, startTls }: Submission): MailServer[] {
  const at = (port: number | undefined, tlsFirst: boolean): MailServer[] =>
    port === undefined ? [] : [{ protocol: 'smtp', host, port, implicitTls: tlsFirst, userName: 'Address' }]
  // Implicit TLS comes first, because RFC 8314, 3.3, prefers it.
  return [...at(implicitTls, true), ...at(startTls, false)]
}

/** The value of a query parameter, whose name is matched case-insensitively; `name` in lower case. */
export const valueOf = (query: URLSearchParams, name: string): string | undefined =>
  [...query].find(([key]) => key.toLowerCase() === name)?.[1]

/** An unfilled placeholder, such as `%EMAILADDRESS%` or `{email}`, which some clients send instead of the address. */
const PLACEHOLDER = /^[%{$<[][^@]*[%}>\]]$/

/** The `emailaddress` of a query; undefined if there is none. A `+` in it stays a `+`, although it encodes a space in forms. */
export function addressIn(query: URLSearchParams): string | undefined {
  const asked = (valueOf(query, 'emailaddress') ?? '').trim()
  return asked === '' || PLACEHOLDER.test(asked) ? undefined : asked.replaceAll(' ', '+')
}

/** Normalises an address, ignoring white space around it, and returns it with its domain. Throws a ProblemError with 400 if it is not a
 * full address. */
export function addressOf(given: string | null | undefined): { address: string; domain: string } {
  const address = normaliseAddress((given ?? '').trim())
  if (address === undefined) throw new ProblemError(400, 'emailaddress must be a full address: local@domain')
  return { address, domain: address.slice(address.lastIndexOf('@') + 1) }
}

/** The mail domain of a requested host name: `example.org` for `autoconfig.example.org`, `autodiscover.example.org` and `example.org`. */
export const domainOfHost = (host: string): string =>
  normaliseDomain(host.replace(/^(?:autoconfig|autodiscover)\./, '')) ?? host

/** The user name with which a client logs in at a server. */
export const loginAt = ({ userName }: Pick<MailServer, 'userName'>, address: string): string =>
  userName === 'Address' ? address : address.slice(0, address.lastIndexOf('@'))
