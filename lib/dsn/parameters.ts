import type { Envelope, Recipient } from '@postrider/mail/envelope'

/** DSN parameters of MAIL for a next hop that announced DSN (RFC 3461, 4.3 and 4.4), each with a leading space. */
export function mailParameters({ ret, envid }: Pick<Envelope, 'ret' | 'envid'>): string {
  return (ret === undefined ? '' : ` RET=${ret}`) + (envid === undefined ? '' : ` ENVID=${envid}`)
}

/** DSN parameters of RCPT (RFC 3461, 4.1 and 4.2). */
export function rcptParameters({ notify, orcpt }: Recipient): string {
  const words = notify === 'NEVER' ? 'NEVER' : notify?.join(',')
  return (words === undefined ? '' : ` NOTIFY=${words}`) + (orcpt === undefined ? '' : ` ORCPT=${orcpt}`)
}
