import { MAX_HEADER } from './header-block.ts'

/** Content that cannot be sent as mail. Ingress turns it into a reply to the client. */
export class ContentRefusedError extends Error {
  override readonly name = 'ContentRefusedError'
  /** SMTP reply code (RFC 5321, 4.2). */
  readonly code: number
  /** RFC 3463 status. */
  readonly status: string
  constructor(code: number, status: string, text: string) {
    super(text)
    this.code = code
    this.status = status
  }
}

export const headerTooLong = (): ContentRefusedError =>
  new ContentRefusedError(552, '5.3.4', `the header is longer than ${MAX_HEADER} octets; shorten it`)
