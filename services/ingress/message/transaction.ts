import type { Recipient } from '@postrider/mail/envelope'
import type { MailParameters } from '@postrider/smtp/parameters'

/** What MAIL and RCPT said, parsed when they came (RFC 5321, 3.3). */
export interface Transaction {
  /** Reverse path in its normal form; empty for a notice that a client sends itself. */
  from: string
  mail: MailParameters
  recipients: Recipient[]
}
