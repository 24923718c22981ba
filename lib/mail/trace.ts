import type { Recipient } from './envelope.ts'

/** What the platform knows about a message when it accepts it. */
export interface Trace {
  /** Queue id. */
  id: string
  hostName: string
  /** Milliseconds since the epoch. */
  now: number
  /** Transmission type such as ESMTPSA (RFC 3848). */
  protocol: string
  recipients: Recipient[]
}

/** The body of the Received field (RFC 5321, 4.4). It omits the client's host name and address, since the name and location of a user's
 * device do not concern recipients. */
export function receivedBody({ id, hostName, now, protocol, recipients }: Trace): string {
  const [only, another] = recipients
  // With several recipients, `for` would disclose one to another. With UTF-8 in it, a message that needs no SMTPUTF8 would need it.
  const named = only !== undefined && another === undefined && /^[ -~]+$/.test(only.address)
  const forOne = named ? `\r\n\tfor <${only.address}>` : ''
  return `by ${hostName} (Postrider) with ${protocol} id ${id}${forOne};\r\n\t${rfc5322Date(now)}`
}

/** A date in the format of RFC 5322, 3.3, in UTC. */
export function rfc5322Date(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000')
}
