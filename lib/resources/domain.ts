import { z } from 'zod'
import { domainName, duration, reference, resourceName, resume, senderPattern } from './fields.ts'
import { Incoming } from './incoming.ts'

/** A tenant's sending domain. */
export const DomainSpec = z.strictObject({
  domainName: domainName().describe('The domain that mail is sent from.'),
  state: z
    .enum(['Active', 'Suspended'])
    .default('Active')
    .describe('Suspended: nothing more is accepted; what is queued goes on.'),
  resume: resume().optional(),
  dkim: z
    .strictObject({
      algorithms: z
        .array(z.enum(['RSA2048', 'Ed25519']))
        .max(2)
        .default(['RSA2048', 'Ed25519'])
        .describe('A signature each (RFC 6376, RFC 8463). Empty: mail is not signed.'),
      selectorPrefix: resourceName()
        .max(50)
        .default('postrider')
        .describe('Selectors are this, a hyphen, and rsa or ed25519.'),
      rotation: z
        .strictObject({
          request: z
            .string()
            .max(64)
            .optional()
            .describe('Any new text, such as a date, asks for new keys; they sign once their records are in the DNS.'),
          overlap: duration()
            .default('7d')
            .describe('How long the records of the old keys stay wanted, for mail that is still on its way.'),
        })
        .prefault({})
        .describe('Kubernetes: how keys are replaced.'),
    })
    .prefault({})
    .describe('How the mail is signed.'),
  allowedSenders: z
    .array(senderPattern())
    .default([])
    .describe('Addresses that every credential of the domain may send as besides its own; *@domain for all of one.'),
  limitRef: reference('SMTPLimit').optional().describe('Limit on what all credentials of the domain send together.'),
  incoming: Incoming.optional().describe(
    'Where the mail of the domain is read, for mail clients that set themselves up.',
  ),
  retention: duration()
    .default('30d')
    .describe('How long content is kept after all recipients are settled; 0 = deleted at once.'),
  notices: z
    .strictObject({
      delivered: z
        .enum(['WhenAsked', 'Always'])
        .default('WhenAsked')
        .describe(
          'WhenAsked: submitters hear of deliveries they asked for by NOTIFY=SUCCESS (RFC 3461). Always: of all.',
        ),
    })
    .prefault({})
    .describe('What submitters are told.'),
})
export type DomainSpec = z.infer<typeof DomainSpec>
