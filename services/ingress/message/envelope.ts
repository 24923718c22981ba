import { needsUtf8 } from '@postrider/mail/address'
import type { Envelope } from '@postrider/mail/envelope'
import { releaseTime } from '@postrider/smtp/future-release'
import type { Submitter } from '../policy/submitter.ts'
import type { Prepared } from './prepare.ts'
import type { Transaction } from './transaction.ts'

/** What is assigned to a message when it is accepted. */
export interface AcceptedAs {
  /** Queue id. */
  id: string
  /** Time of acceptance. Milliseconds since the epoch. */
  now: number
  /** Size of the content as it is stored. Octets. */
  size: number
}

/** The envelope that the queue stores with the content. Pure. */
export function envelopeOf(
  { from, recipients, mail }: Transaction,
  { credential, domain }: Submitter,
  { eightBit, utf8, utf8Text, messageId }: Prepared,
  { id, now, size }: AcceptedAs,
): Envelope {
  const { ret, envid, hold } = mail
  return {
    id,
    from,
    recipients,
    ...(ret === undefined ? {} : { ret }),
    ...(envid === undefined ? {} : { envid }),
    eightBit: mail.eightBit || eightBit,
    utf8: mail.utf8 && (utf8 || needsUtf8(from)),
    ...(mail.utf8 && utf8Text ? { utf8Text: true } : {}),
    ...(hold === undefined ? {} : { releaseAt: releaseTime(hold, now) }),
    ...(mail.requireTls ? { requireTls: true } : {}),
    domain: domain.name,
    credential: credential.address,
    acceptedAt: now,
    size,
    messageId,
  }
}
