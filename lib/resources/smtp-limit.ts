import { z } from 'zod'
import { size, someTime } from './fields.ts'

const count = () => z.int().min(0).max(1_000_000_000)

/** How much may be sent. What is not named is not limited. */
export const SMTPLimitSpec = z.strictObject({
  messagesPerDay: count().optional().describe('Messages in any 24 hours, counted at the 250.'),
  recipientsPerDay: count().optional().describe('Recipients in any 24 hours.'),
  messagesPerMinute: count().optional().describe('Messages in any 60 seconds.'),
  rate: z
    .strictObject({
      messages: z.int().min(1).max(1_000_000).describe('Messages that come free in each `per`, evenly.'),
      per: someTime().default('1m').describe('How long it takes for `messages` to come free.'),
      burst: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .describe('Messages that may be sent at once after a pause; `messages` when not given.'),
    })
    .optional()
    .describe('A pace with bursts (token bucket); messagesPerMinute is a window without.'),
  concurrentSessions: count()
    .optional()
    .describe('Sessions that are logged in at the same time, on all ports with a login together.'),
  newDestinationsPerDay: count()
    .optional()
    .describe('Recipient domains in any 24 hours that nothing was sent to in the 30 days before.'),
  recipientsPerMessage: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe('More are answered 452 4.5.3 (RFC 5321, 4.5.3.1.10).'),
  messageSize: size().optional().describe('Largest message; what the platform allows when not given.'),
})
export type SMTPLimitSpec = z.infer<typeof SMTPLimitSpec>
