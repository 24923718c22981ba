import { z } from 'zod'
import { domainName } from './fields.ts'

/** Addresses that mail is sent from. */
export const DeliveryPoolSpec = z.strictObject({
  ehloName: domainName().optional().describe("Name in EHLO; the platform's host name when not given."),
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address'))
    .max(32)
    .default([])
    .describe('Local addresses; the first of the fitting family is used.'),
})
export type DeliveryPoolSpec = z.infer<typeof DeliveryPoolSpec>
