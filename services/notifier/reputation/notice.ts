import { createHash } from 'node:crypto'
import type { Envelope } from '@postrider/mail/envelope'
import type { PlatformConfig } from '@postrider/runtime-config/config'
import type { Suspension } from '@postrider/reputation/reputation'
import { remedyFor, whySuspended } from '@postrider/reputation/words'
import { dateTime, field } from '../report/field.ts'
import { encodedText, fromValue, toValue } from '../report/field-values.ts'
import { contentFields, encodedTextPart } from '../report/text-part.ts'
import { isPrintableAscii } from '../report/typed-address.ts'
import type { Account } from './accounts.ts'

/** A notice about a suspension, before it is built. It is in the same outbox as the notices about messages. */
export interface SuspensionNotice {
  kind: 'suspended'
  account: string
  domain: string
  to: string
  suspension: Suspension
}

export const suspensionNotice = ({ account, domain, address }: Account, suspension: Suspension): SuspensionNotice => ({
  kind: 'suspended',
  account,
  domain,
  to: address,
  suspension,
})

/** The queue id of the notice. It depends on the account and the time of the suspension, so that a duplicate can be detected. */
export const suspensionNoticeId = ({ account, suspension }: SuspensionNotice): string =>
  `n${createHash('sha256').update(`suspended\n${account}\n${suspension.at}`).digest('hex').slice(0, 25)}`

export const isSuspensionNotice = (notice: unknown): notice is SuspensionNotice =>
  typeof notice === 'object' && notice !== null && (notice as { kind?: unknown }).kind === 'suspended'

/** Builds the notice as a message with a null reverse path. `now`: milliseconds since the epoch. Pure. */
export function buildSuspensionNotice(
  id: string,
  { account, domain, to, suspension }: SuspensionNotice,
  { hostName, notices }: PlatformConfig,
  now: number,
): { envelope: Envelope; content: Buffer } {
  const messageId = `<${id}@${hostName}>`
  const what = account.replace('/', ' ')
  const { from } = notices
  const text = [
    `The ${what} at ${hostName}\r\nhas been ${whySuspended(suspension)}.\r\n\r\n`,
    'Until the suspension is lifted, new messages are refused (450);\r\nmessages already queued will still be delivered.\r\n\r\n',
    `To lift the suspension: ${remedyFor(suspension)}.\r\n\r\n`,
    suspension.reason === 'Bounces'
      ? 'Recipients that do not exist come from old or purchased lists, or from someone using your\r\npassword to send to guessed addresses. Remove them, and change the password if you did not\r\nsend the mail.\r\n'
      : 'Mail that is refused as spam or malware is often sent by someone else who has your\r\npassword. Check what was sent, and change the password if you did not\r\nsend it.\r\n',
  ].join('')
  const lines = [
    field('From', fromValue(from)),
    field('To', toValue(to)),
    field('Subject', encodedText(`Sending is suspended: ${what}`)),
    field('Date', dateTime(now)),
    field('Message-ID', messageId),
    // RFC 3834, 5: automatic responders must not answer this.
    field('Auto-Submitted', 'auto-generated'),
    field('MIME-Version', '1.0'),
    ...bodyOf(text),
  ]
  const content = Buffer.from(lines.join(''), 'latin1')
  const envelope: Envelope = {
    id,
    from: '',
    recipients: [{ address: to, notify: 'NEVER' }],
    eightBit: false,
    utf8: !isPrintableAscii(to),
    domain,
    credential: '',
    acceptedAt: now,
    size: content.length,
    messageId,
  }
  return { envelope, content }
}

/** The address of a credential need not be ASCII. */
function bodyOf(text: string): string[] {
  if (/^[\r\n\x20-\x7e]*$/.test(text)) return [field('Content-Type', 'text/plain; charset=us-ascii'), '\r\n', text]
  const part = encodedTextPart(text)
  return [contentFields(part), '\r\n', part.body]
}
