import { z } from 'zod'
import { resourceName } from './fields.ts'

const Certificate = {
  certificateFile: z
    .string()
    .max(1024)
    .optional()
    .describe('Standalone: PEM file with the certificate and its chain. Reloaded when it changes.'),
  keyFile: z.string().max(1024).optional().describe('Standalone: PEM file with the private key.'),
  secretName: resourceName()
    .optional()
    .describe(
      'Kubernetes: Secret of type kubernetes.io/tls in the namespace of the MailPlatform. Reloaded when it changes.',
    ),
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
        .describe('Standalone: PEM file with CA certificates. Reloaded when it changes.'),
      secretName: resourceName()
        .optional()
        .describe('Kubernetes: Secret with ca.crt in the namespace of the MailPlatform. Reloaded when it changes.'),
    })
    .optional()
    .describe('CAs of client certificates, for listeners with clientCertificate.'),
  further: z
    .array(z.strictObject(Certificate))
    .max(50)
    .default([])
    .describe(
      'Further certificates, selected by the host name that the client requests (SNI; RFC 6066, 3). Clients that request no or another name get the certificate above.',
    ),
})
