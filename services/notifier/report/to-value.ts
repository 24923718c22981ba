import { encodedWords } from './field.ts'
import { isPrintableAscii } from './typed-address.ts'

/** The value of a To field. An address that is not ASCII, in headers that are (RFC 6857, 3.1.8): a group without members, named after it. */
export const toValue = (address: string): string =>
  isPrintableAscii(address) ? `<${address}>` : `${encodedWords(address)} :;`

/** Text of a header field for people. */
export const encodedText = (text: string): string => (isPrintableAscii(text) ? text : encodedWords(text))
