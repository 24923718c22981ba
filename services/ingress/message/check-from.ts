import { matchesSender } from '@postrider/mail/address'
import { Refusal } from '../refusal.ts'

/** Every address in From must be one that the submitter may send as (RFC 6409, 6.1). Throws the Refusal. */
export function checkFrom(addresses: string[], allowed: string[], login: string): void {
  const foreign = addresses.find((address) => !matchesSender(allowed, address))
  if (addresses.length > 0 && foreign === undefined) return
  const text =
    foreign === undefined
      ? 'the From field holds no address'
      : `${login} may not send with From: ${foreign}; use its own address or add this one to the allowed senders`
  throw new Refusal(550, foreign === undefined ? '5.6.0' : '5.7.1', text, foreign === undefined ? 'content' : 'sender')
}
