import { z } from 'zod'
import { size, someTime } from './fields.ts'

const percent = () => z.int().min(1).max(100)
const count = () => z.int().min(0).max(1_000_000_000)

/** Thresholds for the percentages of bounces and of spam refusals. */
const threshold = (usual: { bouncePercent: number; spamPercent: number; minimumRecipients: number }) =>
  z.strictObject({
    bouncePercent: percent()
      .default(usual.bouncePercent)
      .describe('Percentage of recipients that failed because the address does not exist.'),
    spamPercent: percent()
      .default(usual.spamPercent)
      .describe('Percentage of recipients that were refused as spam or malware.'),
    minimumRecipients: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(usual.minimumRecipients)
      .describe(
        'Minimum number of recipients with a final outcome in the window; with fewer, the percentages are ignored.',
      ),
    windowHours: z.int().min(1).max(168).default(24).describe('Length of the window, in hours.'),
  })

/** How much may be sent. Fields that are not given do not limit anything. */
export const SMTPLimitSpec = z.strictObject({
  messagesPerDay: count().optional().describe('Messages in any 24 hours, counted at the 250.'),
  recipientsPerDay: count().optional().describe('Recipients in any 24 hours.'),
  messagesPerMinute: count().optional().describe('Messages in any 60 seconds.'),
  rate: z
    .strictObject({
      messages: z.int().min(1).max(1_000_000).describe('Messages allowed in each `per`, refilled evenly.'),
      per: someTime().default('1m').describe('Period in which `messages` are refilled.'),
      burst: z.int().min(1).max(1_000_000).optional().describe('Largest burst after a pause; default: `messages`.'),
    })
    .optional()
    .describe('Rate with bursts (token bucket). messagesPerMinute is a sliding window without bursts.'),
  concurrentSessions: count().optional().describe('Concurrent logged-in sessions, on all ports with a login together.'),
  newDestinationsPerDay: count()
    .optional()
    .describe('New recipient domains in any 24 hours: those nothing was sent to in the previous 30 days.'),
  recipientsPerMessage: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe('Recipients in one message; further ones are answered 452 4.5.3 (RFC 5321, 4.5.3.1.10).'),
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
          .describe(
            'Clean days (days with mail, below the rates of stepDown) in the previous tier that lead to this one.',
          ),
      }),
    )
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Limits that grow with clean days, for a warm-up. Every account starts in the first tier. messagesPerDay remains the upper limit.',
    ),
  stepDown: threshold({ bouncePercent: 5, spamPercent: 2, minimumRecipients: 50 })
    .prefault({})
    .describe('Rates that lead back to the previous tier.'),
  suspension: threshold({ bouncePercent: 10, spamPercent: 5, minimumRecipients: 100 })
    .optional()
    .describe('Rates at which an account with this limit is suspended; if not given, none is.'),
  messageSize: size().optional().describe('Maximum message size; default: that of the platform.'),
})
export type SMTPLimitSpec = z.infer<typeof SMTPLimitSpec>
