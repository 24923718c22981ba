import { z } from 'zod'
import { DAY_MS } from '@postrider/time/day'
import { size, someTime } from './fields.ts'
import { durationMs } from './quantity.ts'

const Shared = {
  maxSize: size()
    .default('25Mi')
    .describe(
      "Larger messages are not sent to the scanner. Must not exceed the scanner's own limit (clamd: StreamMaxLength).",
    ),
  tooLarge: z
    .enum(['Reject', 'Hold', 'Tag'])
    .default('Tag')
    .describe(
      'Action for a larger message. Reject: refused with 552. Hold: held for review. Tag: accepted with a header field.',
    ),
  unavailable: z
    .enum(['TempFail', 'Open'])
    .default('TempFail')
    .describe(
      'Action if the scanner gives no verdict. TempFail: messages are answered 451. Open: they are accepted unscanned.',
    ),
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
    .describe('Address of clamd: host:port, or the path of a Unix socket that the ingress can access.'),
  timeout: someTime().default('30s').describe('Timeout for the verdict, including the connection.'),
  infected: found
    .default('Reject')
    .describe(
      'Action for malware. Reject: refused with 550. Hold: held for review. Tag: accepted with a header field.',
    ),
  ...Shared,
})

const Rspamd = z.strictObject({
  url: z
    .string()
    .max(253)
    .regex(/^https?:\/\/[^\s/@?#]+\/?$/, 'must be http://host:port or https://host:port, without a path')
    .describe("URL of rspamd's normal worker, such as http://rspamd:11333."),
  timeout: someTime().default('15s').describe('Timeout for the verdict, including the connection.'),
  reject: found.default('Reject').describe("Action if rspamd's action is reject."),
  addHeader: z
    .enum(['Reject', 'Hold', 'Tag', 'Pass'])
    .default('Tag')
    .describe("Action if rspamd's action is add header or rewrite subject."),
  rejectScore: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Score at which a message is refused, whatever the action of rspamd.'),
  holdScore: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Score at which a message is held for review, whatever the action of rspamd.'),
  ...Shared,
})

/** Scanners that check a message before it is accepted. */
export const Scanning = z.strictObject({
  holdFor: someTime()
    .refine((given) => durationMs(given) <= 90 * DAY_MS, 'must be at most 90d')
    .default('7d')
    .describe(
      'How long a message held for review waits for `queue held release` or `delete`; then it is deleted and its sender notified.',
    ),
  clamav: Clamav.optional().describe('ClamAV, which detects malware.'),
  rspamd: Rspamd.optional().describe('rspamd, which detects spam.'),
  headers: z
    .enum(['None', 'Verdict'])
    .default('None')
    .describe(
      'Verdict: adds X-Virus-* and X-Spam-* fields with the result to every message. None: only to tagged messages.',
    ),
})
export type Scanning = z.infer<typeof Scanning>
