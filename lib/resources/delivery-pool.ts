import { z } from 'zod'
import { domainName } from './fields.ts'

/** Addresses that mail is sent from. */
export const DeliveryPoolSpec = z.strictObject({
  ehloName: domainName().optional().describe("Name in EHLO; the platform's host name when not given."),
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address'))
    .max(32)
    .default([])
    .describe(
      'Local addresses; those of the family of the remote address are used in turn. Without one of that family nothing is sent to it.',
    ),
})
export type DeliveryPoolSpec = z.infer<typeof DeliveryPoolSpec>
