import { decodeXtext } from '@postrider/smtp/xtext'

/** The value of a Final-Recipient field: `rfc822; kim@example.org`. A non-ASCII address has the 7-bit form of RFC 6533, 3, which is allowed
 * in message/delivery-status: `utf-8; \x{451}lka@example.org`. */
export function typedAddress(address: string): string {
  return isPrintableAscii(address) ? `rfc822; ${address}` : `utf-8; ${embedded(address, /[^\x21-\x7e]|[\\+=]/gu)}`
}

/** The value of an Original-Recipient field: the type and the decoded address of ORCPT (RFC 3461, 6.3). Undefined if ORCPT is invalid. */
export function originalRecipient(orcpt: string): string | undefined {
  const [, type, encoded] = /^([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+);(.+)$/su.exec(orcpt) ?? []
  if (type === undefined || encoded === undefined) return undefined
  const address = decodeXtext(encoded)
  // With SMTPUTF8 the address may have the 8-bit form, in which backslashes are escapes already.
  if (type.toLowerCase() === 'utf-8') return `utf-8; ${embedded(address, /[^\x21-\x7e]/gu)}`
  return type.toLowerCase() === 'rfc822' ? typedAddress(address) : `${type}; ${address}`
}

export const isPrintableAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

const embedded = (address: string, these: RegExp): string =>
  address.toWellFormed().replace(these, (character) => {
    const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
    return `\\x{${point.padStart(2, '0')}}`
  })
