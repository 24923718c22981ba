import { needsUtf8 } from '@postrider/mail/address'
import type { Envelope } from '@postrider/mail/envelope'
import { releaseTime } from '@postrider/smtp/future-release'
import type { Submitter } from '../policy/submitter.ts'
import type { Prepared } from './prepare.ts'
import type { Transaction } from './transaction.ts'

export interface Taken {
  /** Queue id. */
  id: string
  /** When it was taken, milliseconds since the epoch. */
  now: number
  /** Octets of the content as it is stored. */
  size: number
}

/** What the queue keeps beside the content. Pure. */
export function envelopeOf(
  { from, recipients, mail }: Transaction,
  { credential, domain }: Submitter,
  { eightBit, utf8, utf8Text, messageId }: Prepared,
  { id, now, size }: Taken,
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
