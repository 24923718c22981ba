import { z } from 'zod'
import { size, someTime } from './fields.ts'

const percent = () => z.int().min(1).max(100)
const count = () => z.int().min(0).max(1_000_000_000)

/** Rates of what remote servers answered. */
const threshold = (usual: { bouncePercent: number; spamPercent: number; minimumRecipients: number }) =>
  z.strictObject({
    bouncePercent: percent()
      .default(usual.bouncePercent)
      .describe('Recipients that were given up because their address does not exist, from this share on.'),
    spamPercent: percent()
      .default(usual.spamPercent)
      .describe('Recipients that were given up because of spam or malware, from this share on.'),
    minimumRecipients: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(usual.minimumRecipients)
      .describe('With fewer settled recipients in the window nothing is concluded.'),
    windowHours: z.int().min(1).max(168).default(24).describe('Hours that are looked back.'),
  })

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
  tiers: z
    .array(
      z.strictObject({
        messagesPerDay: z.int().min(1).max(1_000_000_000).describe('Messages in any 24 hours in this tier.'),
        recipientsPerDay: z
          .int()
          .min(1)
          .max(1_000_000_000)
          .optional()
          .describe('Recipients in any 24 hours in this tier.'),
        afterCleanDays: z
          .int()
          .min(1)
          .max(365)
          .default(1)
          .describe('Days with mail and below the rates of stepDown that lead here from the tier before.'),
      }),
    )
    .min(1)
    .max(20)
    .optional()
    .describe('Limits that grow with clean days; everybody begins in the first. messagesPerDay stays the ceiling.'),
  stepDown: threshold({ bouncePercent: 5, spamPercent: 2, minimumRecipients: 50 })
    .prefault({})
    .describe('Rates that lead back to the tier before.'),
  suspension: threshold({ bouncePercent: 10, spamPercent: 5, minimumRecipients: 100 })
    .optional()
    .describe('Rates at which whoever has this limit is suspended; without it nobody is.'),
  messageSize: size().optional().describe('Largest message; what the platform allows when not given.'),
})
export type SMTPLimitSpec = z.infer<typeof SMTPLimitSpec>
