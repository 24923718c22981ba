import { quotedPrintable } from './quoted-printable.ts'
import { isSevenBit, sevenBitMessage } from './seven-bit.ts'

/** The part of the original message that is returned to its sender. */
export type Returned = { headers: Buffer } | { full: Buffer }

/** A MIME body part. */
export interface Part {
  type: string
  encoding: '7bit' | 'quoted-printable'
  /** ASCII with CRLF line ends, in lines of at most 998 octets. */
  body: string
}

/** The third part of the report (RFC 6522, 3 (c)); undefined if nothing of the original is stored.
 *
 * message/rfc822 cannot be encoded as a whole (RFC 2046, 5.2.1), so its parts are encoded. If the headers are UTF-8, the part is
 * message/global, which can be encoded (RFC 6533, 4 and 6.4). */
export function returnedPart(returned: Returned, utf8: boolean): Part | undefined {
  if ('headers' in returned) return headerPart(withCrlf(returned.headers).replace(/\r\n\r\n[^]*$/, '\r\n'), utf8)
  const message = withCrlf(returned.full)
  if (message === '') return undefined
  const sevenBit = sevenBitMessage(message)
  if (sevenBit !== undefined) return { type: 'message/rfc822', encoding: '7bit', body: sevenBit }
  return { type: 'message/global', encoding: 'quoted-printable', body: quotedPrintable(message) }
}

function headerPart(headers: string, utf8: boolean): Part | undefined {
  if (headers.trim() === '') return undefined
  if (isSevenBit(headers)) return { type: 'text/rfc822-headers', encoding: '7bit', body: headers }
  const type = utf8 ? 'message/global-headers' : 'text/rfc822-headers; charset=utf-8'
  return { type, encoding: 'quoted-printable', body: quotedPrintable(headers) }
}

/** Decodes as latin1, one character for each octet. Bare CR and LF become CRLF, although the ingress does not accept them. */
const withCrlf = (octets: Buffer): string => octets.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n')
