import { z } from 'zod'
import { resourceName } from './fields.ts'

const Certificate = {
  certificateFile: z
    .string()
    .max(1024)
    .optional()
    .describe('Standalone: PEM file with the certificate and its chain. Read again when it changes.'),
  keyFile: z.string().max(1024).optional().describe('Standalone: PEM file with the private key.'),
  secretName: resourceName()
    .optional()
    .describe('Kubernetes: Secret of type kubernetes.io/tls beside the MailPlatform. A change needs no restart.'),
}

/** The certificates of the submission ports and of the HTTP service. */
export const Tls = z.strictObject({
  ...Certificate,
  clientCA: z
    .strictObject({
      certificateFile: z
        .string()
        .max(1024)
        .optional()
        .describe('Standalone: PEM file with certificates of CAs. Read again when it changes.'),
      secretName: resourceName()
        .optional()
        .describe('Kubernetes: Secret beside the MailPlatform, with ca.crt. A change needs no restart.'),
    })
    .optional()
    .describe("CAs whose certificates clients may show, where a listener's clientCertificate asks for one."),
  further: z
    .array(z.strictObject(Certificate))
    .max(50)
    .default([])
    .describe(
      'More certificates, chosen by the host name that a client asks for (SNI; RFC 6066, 3). Who asks for none of theirs, or names no host, gets the one above.',
    ),
})
