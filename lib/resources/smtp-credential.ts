import { z } from 'zod'
import { duration, emailAddress, reference, resourceName, resume, senderPattern } from './fields.ts'

/** A login. The password is generated, with everything a client needs, unless verifiers are given. */
export const SMTPCredentialSpec = z.strictObject({
  address: emailAddress().describe('User name, and the address it sends from.'),
  domainRef: reference('Domain').describe('The Domain it belongs to.'),
  state: z.enum(['Active', 'Suspended']).default('Active').describe('Suspended: logs in, but can send nothing.'),
  resume: resume().optional(),
  allowedSenders: z
    .array(senderPattern())
    .default([])
    .describe('Addresses it may send as besides its own; *@domain for all of one.'),
  limitRef: reference('SMTPLimit').optional().describe('Limit on what it sends.'),
  passwordHashes: z
    .array(z.string().regex(/^\$scrypt\$/, 'must be a scrypt verifier: $scrypt$ln=14,r=8,p=1$salt$hash'))
    .max(5)
    .default([])
    .describe('Verifiers of passwords that are managed elsewhere. Empty: a password is generated.'),
  clientCertificates: z
    .array(z.string().min(1).max(512))
    .max(10)
    .default([])
    .describe(
      'Names in certificates of clients that log in as this by AUTH EXTERNAL: alternative names of the subject, each a host name, an address or a URI. Where a listener asks for certificates.',
    ),
  secretName: resourceName()
    .optional()
    .describe('Kubernetes: Secret that the host, ports, user name and password are written to; the name with -smtp.'),
  rotation: z
    .strictObject({
      request: z.string().max(64).optional().describe('Any new text, such as a date, asks for a new password.'),
      overlap: duration().default('24h').describe('How long the old password is still good.'),
    })
    .prefault({})
    .describe('Kubernetes: how the password is replaced.'),
})
export type SMTPCredentialSpec = z.infer<typeof SMTPCredentialSpec>
