import { z } from 'zod'
import { size, someTime } from './fields.ts'
import { durationMs } from './quantity.ts'

const Shared = {
  maxSize: size()
    .default('25Mi')
    .describe("Larger messages are not shown to it. No more than the scanner's own limit (clamd: StreamMaxLength)."),
  tooLarge: z
    .enum(['Reject', 'Hold', 'Tag'])
    .default('Tag')
    .describe('What is done with a larger message: refused with 552, held, or taken with a field that says so.'),
  unavailable: z
    .enum(['TempFail', 'Open'])
    .default('TempFail')
    .describe('While it gives no verdict, messages are answered 451 (TempFail) or taken unscanned (Open).'),
}

const found = z.enum(['Reject', 'Hold', 'Tag'])

const Clamav = z.strictObject({
  address: z
    .string()
    .max(253)
    .regex(
      /^(\/.+|([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):\d{1,5})$/,
      'must be host:port, [IPv6]:port or the path of a Unix socket',
    )
    .describe('Where clamd listens: host:port, or the path of its socket where that is within reach of the ingress.'),
  timeout: someTime().default('30s').describe('For its verdict, from the connection on.'),
  infected: found
    .default('Reject')
    .describe('What is done with malware: refused with 550, held for review, or taken with a field.'),
  ...Shared,
})

const Rspamd = z.strictObject({
  url: z
    .string()
    .max(253)
    .regex(/^https?:\/\/[^\s/@?#]+\/?$/, 'must be http://host:port or https://host:port, without a path')
    .describe("Where rspamd's normal worker listens, such as http://rspamd:11333."),
  timeout: someTime().default('15s').describe('For its verdict, from the connection on.'),
  reject: found.default('Reject').describe("What follows from rspamd's action reject."),
  addHeader: z
    .enum(['Reject', 'Hold', 'Tag', 'Pass'])
    .default('Tag')
    .describe("What follows from rspamd's actions add header and rewrite subject."),
  rejectScore: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Points from which a message is refused, whatever the action.'),
  holdScore: z.int().min(1).max(1000).optional().describe('Points from which a message is held, whatever the action.'),
  ...Shared,
})

/** Who looks at a message before it is taken. */
export const Scanning = z.strictObject({
  holdFor: someTime()
    .refine((given) => durationMs(given) <= 90 * 86_400_000, 'must be at most 90d')
    .default('7d')
    .describe(
      'How long a held message waits for `queue held release` or `delete`; then it is deleted and its sender is told.',
    ),
  clamav: Clamav.optional().describe('ClamAV, against malware.'),
  rspamd: Rspamd.optional().describe('rspamd, against spam.'),
  headers: z
    .enum(['None', 'Verdict'])
    .default('None')
    .describe(
      'Verdict: each message tells in X-Virus-* and X-Spam-* fields what was found. None: only one that is tagged does.',
    ),
})
export type Scanning = z.infer<typeof Scanning>
