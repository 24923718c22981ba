import type { Recipient } from '@postrider/mail/envelope'
import { domainOf } from '@postrider/mail/envelope'
import { readRcptParameters } from '@postrider/smtp/parameters'
import { addressOf } from '@postrider/smtp/path'
import type { Path } from '@postrider/smtp/path'
import { RefusalError } from '@postrider/smtp/refusal'

/** The recipient of a RCPT TO as the queue stores it. `postmaster` without a domain becomes the postmaster of `ownDomain`, the submitter's
 * domain (RFC 5321, 4.1.1.3; RFC 6409, 4.2). Throws the RefusalError for an address that cannot be delivered to. */
export function recipientOf(path: Path, ownDomain: string, utf8: boolean): Recipient {
  const given = /^postmaster$/i.test(path.address) ? `postmaster@${ownDomain}` : path.address
  const address = addressOf(given, 'RCPT TO', utf8)
  const destination = domainOf(address)
  if (!destination.includes('.') || destination.startsWith('[')) {
    const why = destination.startsWith('[')
      ? 'this server does not send to address literals'
      : 'a fully qualified domain name is required'
    throw new RefusalError(553, '5.1.3', `cannot deliver to <${given}>: ${why}`, 'recipient')
  }
  return { address, ...readRcptParameters(path) }
}
