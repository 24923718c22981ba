import { z } from 'zod'
import { mailboxAddress, reference } from './fields.ts'

/** An address outside the tenant's domains that mail may be sent from once whoever reads its mailbox has given a code back. */
export const SenderAddressSpec = z.strictObject({
  address: mailboxAddress().describe(
    'The address to send as. A code is mailed to it; another address needs another code.',
  ),
  domainRef: reference('Domain').describe('The Domain whose credentials may send as it. It is told of in the mail.'),
  credentialRefs: z
    .array(reference('SMTPCredential'))
    .max(50)
    .default([])
    .describe('Credentials of the Domain that alone may send as it. Empty: all of the Domain.'),
  code: z
    .string()
    .max(64)
    .optional()
    .describe('The code from the mail. A code counts for this object only; it is not secret once it is used.'),
  resend: z
    .string()
    .max(64)
    .optional()
    .describe('Any new text, such as a date, asks for another code; the one before is void when that is sent.'),
})
export type SenderAddressSpec = z.infer<typeof SenderAddressSpec>
