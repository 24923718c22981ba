import { createHash } from 'node:crypto'
import { deliveryStatus } from './delivery-status.ts'
import { encodedText, fromValue, toValue } from './field-values.ts'
import { dateTime, field } from './field.ts'
import { humanText } from './human-text.ts'
import { originalSubject } from './original-subject.ts'
import type { Report } from './report.ts'
import { returnedPart } from './returned.ts'
import type { Part } from './returned.ts'
import { contentFields, textPart } from './text-part.ts'
import { isPrintableAscii } from './typed-address.ts'

/** Builds a delivery status notification (RFC 3464, in the multipart/report of RFC 6522), to be queued with a null reverse path. It has
 * CRLF line ends, ASCII only, and lines of at most 998 octets, whatever the replies and the returned message contain. Pure. */
export function buildReport(report: Report): Buffer {
  const returned = returnedPart(report.returned, report.original.utf8)
  const kindReturned = returned && ('full' in report.returned ? 'full' : 'headers')
  const parts: Part[] = [
    textPart(humanText(report, kindReturned)),
    { type: 'message/delivery-status', encoding: '7bit', body: deliveryStatus(report) },
    ...(returned === undefined ? [] : [returned]),
  ]
  const boundary = boundaryFor(report, parts)
  const body = parts.map((part) => `--${boundary}\r\n${contentFields(part)}\r\n${part.body}\r\n`).join('')
  return Buffer.from(`${headers(report, boundary)}\r\n${body}--${boundary}--\r\n`, 'latin1')
}

function headers(report: Report, boundary: string): string {
  const { from, to, original, messageId, date } = report
  const about =
    /^<[^<>\s]+>$/.test(original.messageId) && isPrintableAscii(original.messageId) ? original.messageId : undefined
  return [
    field('From', fromValue(from)),
    field('To', toValue(to)),
    field('Subject', subjectOf(report)),
    field('Date', dateTime(date)),
    field('Message-ID', messageId),
    ...(about === undefined ? [] : [field('In-Reply-To', about), field('References', about)]),
    // RFC 3834, 5: automatic responders must not answer this.
    field('Auto-Submitted', 'auto-replied'),
    field('MIME-Version', '1.0'),
    field('Content-Type', `multipart/report; report-type=delivery-status; boundary="${boundary}"`),
  ].join('')
}

const SUBJECTS = {
  failed: 'Your message could not be delivered',
  delayed: 'Your message is delayed; we are still trying to deliver it',
  delivered: 'Your message was delivered',
  relayed: "Your message was accepted by the recipient's server",
}

/** Includes the subject of the message, so that a person who gets several notices can distinguish them. */
function subjectOf({ kind, relayed, returned }: Report): string {
  const what = SUBJECTS[kind === 'delivered' && relayed === true ? 'relayed' : kind]
  const about = originalSubject(returned)
  if (about === undefined) return what
  return `${what}: ${encodedText(about)}`
}

/** The boundary is a hash of all parts, so no part can contain it: the boundary line in a part would change the hash. */
function boundaryFor({ messageId }: Report, parts: Part[]): string {
  const hash = createHash('sha256').update(messageId)
  for (const { body } of parts) hash.update('\0').update(body, 'latin1')
  return `=_${hash.digest('hex').slice(0, 40)}`
}
