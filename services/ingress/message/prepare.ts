import { matchesSender } from '@postrider/mail/address'
import { normaliseContent } from '@postrider/mail/content'
import { fixHeaders } from '@postrider/mail/fix-headers'
import type { FixedMessage } from '@postrider/mail/fix-headers'
import { parseMessage } from '@postrider/mail/message'
import { ContentRefusedError } from '@postrider/mail/refused'
import type { Trace } from '@postrider/mail/trace'
import { RefusalError } from '@postrider/smtp/refusal'

/** A normalised message with a complete header. */
export interface Prepared extends FixedMessage {
  /** True if the content has an octet above 127. */
  eightBit: boolean
}

/** Normalises the content and completes its header (RFC 6409, 8). Throws a RefusalError that names what is wrong with the content. */
export function prepare(raw: Buffer, trace: Trace, login: string, allowed: string[]): Prepared {
  try {
    const { content, eightBit } = normaliseContent(raw)
    const submitting = { login, mayUse: (address: string) => matchesSender(allowed, address) }
    return { ...fixHeaders(parseMessage(content), { ...trace, submitting }), eightBit }
  } catch (error) {
    if (!(error instanceof ContentRefusedError)) throw error
    throw new RefusalError(error.code, error.status, error.message, 'content', { cause: error })
  }
}
