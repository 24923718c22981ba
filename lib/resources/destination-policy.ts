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
        .describe('Recipient domains: a name, *.name for all its subdomains, or * for all.'),
      mx: z
        .array(domainPattern())
        .default([])
        .describe(
          'Names of the most preferred MX host, in the same form. If several hosts have the same preference, each must match. Empty: any.',
        ),
    })
    .prefault({})
    .describe('Destinations this policy applies to.'),
  connections: z
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe('Concurrent connections to a site, for each delivery process.'),
  messagesPerConnection: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('Messages after which a connection is closed.'),
  tls: z
    .enum(['Opportunistic', 'Required', 'Disabled'])
    .default('Opportunistic')
    .describe(
      'Opportunistic: TLS if the remote offers it. Required: only TLS with a certificate valid for the host name. Disabled: never TLS.',
    ),
  route: z
    .strictObject({
      host: z.string().min(1).max(253).describe('Name or IP address.'),
      port: port().default(25).describe('TCP port.'),
    })
    .optional()
    .describe('Send to this host instead of the MX, for example a smart host or a sandbox.'),
  poolRef: reference('DeliveryPool').optional().describe('DeliveryPool whose addresses mail is sent from.'),
})
export type DestinationPolicySpec = z.infer<typeof DestinationPolicySpec>
