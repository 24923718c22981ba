import type { Envelope } from '@postrider/mail/envelope'
import type { Returned } from '../report/returned.ts'
import type { Notice } from './decide.ts'

/** What of the original a notice returns. RET decides, then the size; only a failure returns the whole message (RFC 3461, 4.3). `content` is
 * empty when it was deleted before. */
export function whatReturns(
  content: Buffer,
  { ret }: Pick<Envelope, 'ret'>,
  { kind, headersOnly }: Pick<Notice, 'kind' | 'headersOnly'>,
  fullBytes: number,
): Returned {
  const end = content.indexOf('\r\n\r\n')
  const headers = end === -1 ? content : content.subarray(0, end + 2)
  const full =
    kind === 'failed' && headersOnly !== true && ret !== 'HDRS' && content.length <= fullBytes && content.length > 0
  return full ? { full: content } : { headers }
}
