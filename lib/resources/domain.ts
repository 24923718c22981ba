import { z } from 'zod'
import { domainName, duration, reference, resourceName, resume, senderPattern } from './fields.ts'
import { Incoming } from './incoming.ts'

/** A tenant's sending domain. */
export const DomainSpec = z.strictObject({
  domainName: domainName().describe('Domain that mail is sent from.'),
  state: z
    .enum(['Active', 'Suspended'])
    .default('Active')
    .describe('Suspended: new mail is refused; queued mail is still delivered.'),
  resume: resume().optional(),
  dkim: z
    .strictObject({
      algorithms: z
        .array(z.enum(['RSA2048', 'Ed25519']))
        .max(2)
        .default(['RSA2048', 'Ed25519'])
        .describe('One signature for each algorithm (RFC 6376, RFC 8463). Empty: mail is not signed.'),
      selectorPrefix: resourceName()
        .max(50)
        .default('postrider')
        .describe('Prefix of the selectors, followed by a hyphen and rsa or ed25519.'),
      rotation: z
        .strictObject({
          request: z
            .string()
            .max(64)
            .optional()
            .describe(
              'Set to a new value, such as a date, to request new keys; they sign once their records are in the DNS.',
            ),
          overlap: duration()
            .default('7d')
            .describe('How long the DNS records of the old keys must stay published, for mail still in transit.'),
        })
        .prefault({})
        .describe('Kubernetes: key rotation.'),
    })
    .prefault({})
    .describe('DKIM signing.'),
  allowedSenders: z
    .array(senderPattern())
    .default([])
    .describe(
      'Further addresses that every credential of the domain may send as; *@domain allows all addresses of a domain.',
    ),
  limitRef: reference('SMTPLimit').optional().describe('Limit on the total mail of all credentials of the domain.'),
  incoming: Incoming.optional().describe(
    'Servers for reading the mail of the domain, for automatic setup of mail clients.',
  ),
  retention: duration()
    .default('30d')
    .describe('How long message content is kept after every recipient has a final outcome; 0 deletes it at once.'),
  notices: z
    .strictObject({
      delivered: z
        .enum(['WhenAsked', 'Always'])
        .default('WhenAsked')
        .describe(
          'WhenAsked: submitters are notified of a delivery if they requested it with NOTIFY=SUCCESS (RFC 3461). Always: of every delivery.',
        ),
    })
    .prefault({})
    .describe('Notices to submitters.'),
})
export type DomainSpec = z.infer<typeof DomainSpec>
