import { z } from 'zod'
import { duration, emailAddress, reference, resourceName, resume, senderPattern } from './fields.ts'

/** A login for sending. Its password is generated, together with everything a client needs, unless verifiers are given. */
export const SMTPCredentialSpec = z.strictObject({
  address: emailAddress().describe('User name for login, and the address that mail is sent from.'),
  domainRef: reference('Domain').describe('Domain that the address belongs to.'),
  state: z.enum(['Active', 'Suspended']).default('Active').describe('Suspended: can log in, but not send.'),
  resume: resume().optional(),
  allowedSenders: z
    .array(senderPattern())
    .default([])
    .describe('Further addresses it may send as; *@domain allows all addresses of a domain.'),
  limitRef: reference('SMTPLimit').optional().describe('Limit on the mail it sends.'),
  passwordHashes: z
    .array(z.string().regex(/^\$scrypt\$/, 'must be a scrypt verifier: $scrypt$ln=14,r=8,p=1$salt$hash'))
    .max(5)
    .default([])
    .describe('Hashes (scrypt verifiers) of passwords that are managed elsewhere. Empty: a password is generated.'),
  clientCertificates: z
    .array(z.string().min(1).max(512))
    .max(10)
    .default([])
    .describe(
      'Subject alternative names (host names, addresses or URIs) of client certificates that may log in as this credential with AUTH EXTERNAL, on listeners that ask for certificates.',
    ),
  secretName: resourceName()
    .optional()
    .describe(
      'Kubernetes: Secret that receives the host, ports, user name and password; default: the name of this resource followed by -smtp.',
    ),
  rotation: z
    .strictObject({
      request: z.string().max(64).optional().describe('Set to a new value, such as a date, to request a new password.'),
      overlap: duration().default('24h').describe('How long the old password stays valid.'),
    })
    .prefault({})
    .describe('Kubernetes: password rotation.'),
})
export type SMTPCredentialSpec = z.infer<typeof SMTPCredentialSpec>
