import { encodedWords } from './field.ts'
import { isPrintableAscii } from './typed-address.ts'

/** The value of a notice's From field: `spec.notices.from`, with a name if it has none. */
export const fromValue = (from: string): string => (from.includes('<') ? from : `Mail Delivery System <${from}>`)

/** The value of a To field, in ASCII. A non-ASCII address becomes a group without members whose name is the address (RFC 6857, 3.1.8). */
export const toValue = (address: string): string =>
  isPrintableAscii(address) ? `<${address}>` : `${encodedWords(address)} :;`

/** Unstructured text of a header field, in ASCII (RFC 2047). */
export const encodedText = (text: string): string => (isPrintableAscii(text) ? text : encodedWords(text))
