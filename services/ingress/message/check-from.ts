import { matchesSender } from '@postrider/mail/address'
import { fromFault } from '@postrider/mail/from-fault'
import type { FromField } from '@postrider/mail/fix-headers'
import { RefusalError } from '@postrider/smtp/refusal'

/** Checks that the submitter may send as every address in From, or in the Resent-From of a resent message (RFC 6409, 6.1). Throws the
 * RefusalError. */
export function checkFrom(
  field: 'From' | 'Resent-From',
  { body, addresses }: FromField,
  allowed: string[],
  login: string,
): void {
  if (addresses.length === 0) {
    throw new RefusalError(
      550,
      '5.6.0',
      `the ${field} field is missing or contains no address; add one, such as name@example.com`,
      'content',
    )
  }
  const foreign = addresses.find((address) => !matchesSender(allowed, address))
  if (foreign === undefined) return
  const fault = fromFault(field, body)
  if (fault !== undefined) throw new RefusalError(550, '5.6.0', fault, 'content')
  throw new RefusalError(550, '5.7.1', notAllowed(login, foreign, field === 'From' ? '' : ` (${field})`), 'sender')
}

/** The reply text for a sender address, in MAIL or in the header, that the login may not use. */
export const notAllowed = (login: string, sender: string, where = ''): string =>
  `${login} is not allowed to send as ${sender}${where}; send as ${login}, or ask your mail administrator to add ${sender} to the allowed senders of ${login}`
