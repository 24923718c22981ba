import type { Recipient } from '@postrider/mail/envelope'
import type { MailParameters } from '@postrider/smtp/parameters'

/** The parsed parameters of MAIL and RCPT (RFC 5321, 3.3). */
export interface Transaction {
  /** Normalised reverse path; empty for the null reverse path. */
  from: string
  mail: MailParameters
  recipients: Recipient[]
}
