import { z } from 'zod'
import { domainPattern, port, reference } from './fields.ts'

/** How mail for some destinations is sent. The most specific match decides. */
export const DestinationPolicySpec = z.strictObject({
  match: z
    .strictObject({
      domains: z
        .array(domainPattern())
        .min(1)
        .default(['*'])
        .describe('Recipient domains: name, *.name for all below, * for all.'),
      mx: z
        .array(domainPattern())
        .default([])
        .describe(
          'Names of the best MX host, in the same form. Where several hosts are equally good, each must match. Empty: any.',
        ),
    })
    .prefault({})
    .describe('Which destinations.'),
  connections: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe('Concurrent connections to a site, for each delivery process.'),
  messagesPerConnection: z.int().min(1).max(100_000).default(100).describe('A connection is closed after so many.'),
  tls: z
    .enum(['Opportunistic', 'Required', 'Disabled'])
    .default('Opportunistic')
    .describe('Required: only with a certificate that is valid for the host name.'),
  route: z
    .strictObject({
      host: z.string().min(1).max(253).describe('Name or IP address.'),
      port: port().default(25).describe('TCP port.'),
    })
    .optional()
    .describe('Send there instead of to the MX: a smart host or a sandbox.'),
  poolRef: reference('DeliveryPool').optional().describe('Addresses to send from.'),
})
export type DestinationPolicySpec = z.infer<typeof DestinationPolicySpec>
