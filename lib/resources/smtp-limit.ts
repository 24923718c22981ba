import { z } from 'zod'
import { size } from './fields.ts'

/** How much may be sent. What is not named is not limited. */
export const SMTPLimitSpec = z.strictObject({
  messagesPerDay: z.int().min(0).optional().describe('Messages in any 24 hours, counted at the 250.'),
  recipientsPerDay: z.int().min(0).optional().describe('Recipients in any 24 hours.'),
  messagesPerMinute: z.int().min(0).optional().describe('Messages in any 60 seconds.'),
  recipientsPerMessage: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe('More are answered 452 4.5.3 (RFC 5321, 4.5.3.1.10).'),
  messageSize: size().optional().describe('Largest message; what the platform allows when not given.'),
})
export type SMTPLimitSpec = z.infer<typeof SMTPLimitSpec>
