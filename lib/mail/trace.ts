import type { Recipient } from './envelope.ts'

/** What the platform knows of a message when it takes it. */
export interface Trace {
  /** Queue id. */
  id: string
  hostName: string
  /** Milliseconds since the epoch. */
  now: number
  /** ESMTPSA and the like (RFC 3848). */
  protocol: string
  recipients: Recipient[]
}

/** The body of the trace field of RFC 5321, 4.4. The client's address stays out: what a user's device is called and where it is concerns no
 * recipient. */
export function receivedBody({ id, hostName, now, protocol, recipients }: Trace): string {
  const [only, another] = recipients
  // With several recipients, `for` would tell one of another; UTF-8 in it would make a message that needs no SMTPUTF8 need it.
  const named = only !== undefined && another === undefined && /^[ -~]+$/.test(only.address)
  const forOne = named ? `\r\n\tfor <${only.address}>` : ''
  return `by ${hostName} (Postrider) with ${protocol} id ${id}${forOne};\r\n\t${rfc5322Date(now)}`
}

/** RFC 5322, 3.3, in UTC. */
export function rfc5322Date(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000')
}
