import { z } from 'zod'
import { mailboxAddress, reference } from './fields.ts'

/** An address outside the tenant's domains that mail may be sent from, once a code that was mailed to it has been entered. */
export const SenderAddressSpec = z.strictObject({
  address: mailboxAddress().describe('Address to send as. A code is mailed to it; a changed address needs a new code.'),
  domainRef: reference('Domain').describe(
    'Domain whose credentials may send as this address. The mail with the code names it.',
  ),
  credentialRefs: z
    .array(reference('SMTPCredential'))
    .max(50)
    .default([])
    .describe('Limits use of the address to these credentials of the Domain. Empty: all its credentials.'),
  code: z
    .string()
    .max(64)
    .optional()
    .describe('Code from the mail. It is valid for this object only and need not be kept secret once used.'),
  resend: z
    .string()
    .max(64)
    .optional()
    .describe(
      'Set to a new value, such as a date, to request another code; the previous code becomes invalid when the new one is sent.',
    ),
})
export type SenderAddressSpec = z.infer<typeof SenderAddressSpec>
