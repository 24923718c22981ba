import { z } from 'zod'
import { domainName } from './fields.ts'

/** Addresses that mail is sent from. */
export const DeliveryPoolSpec = z.strictObject({
  ehloName: domainName().optional().describe("Host name sent in EHLO; default: the platform's host name."),
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address'))
    .max(32)
    .default([])
    .describe(
      'Local source addresses, IPv4 and IPv6. Those of the same family as the remote address are used in turn; without one, nothing is sent to remotes of that family.',
    ),
})
export type DeliveryPoolSpec = z.infer<typeof DeliveryPoolSpec>
