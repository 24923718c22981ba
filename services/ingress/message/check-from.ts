import { matchesSender } from '@postrider/mail/address'
import { Refusal } from '../refusal.ts'

/** Every address in From, and in the Resent-From of whoever sends a message on, must be one that the submitter may send as (RFC 6409, 6.1). Throws the Refusal. */
export function checkFrom(field: 'From' | 'Resent-From', addresses: string[], allowed: string[], login: string): void {
  const foreign = addresses.find((address) => !matchesSender(allowed, address))
  if (addresses.length > 0 && foreign === undefined) return
  const text =
    foreign === undefined
      ? `the ${field} field is missing or holds no address`
      : `${login} may not send with ${field}: ${foreign}; use its own address or add this one to the allowed senders`
  throw new Refusal(550, foreign === undefined ? '5.6.0' : '5.7.1', text, foreign === undefined ? 'content' : 'sender')
}
