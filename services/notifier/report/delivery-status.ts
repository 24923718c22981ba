import { decodeXtext } from '@postrider/smtp/xtext'
import { dateTime, field, printableAscii } from './field.ts'
import type { Report, ReportedOutcome } from './report.ts'
import { originalRecipient, typedAddress } from './typed-address.ts'

/** The body of the message/delivery-status part (RFC 3464, 2): a group of fields for the message, then one for each recipient. */
export function deliveryStatus(report: Report): string {
  return [perMessage(report), ...report.outcomes.map((outcome) => perRecipient(report, outcome))].join('\r\n')
}

function perMessage({ original, reportingMta }: Report): string {
  return fields([
    ['Reporting-MTA', `dns; ${reportingMta}`],
    ['Original-Envelope-Id', original.envid && decodeXtext(original.envid)],
    ['X-Postrider-Queue-Id', original.id],
    ['Arrival-Date', dateTime(original.acceptedAt)],
  ])
}

function perRecipient(report: Report, outcome: ReportedOutcome): string {
  const { recipient, remoteMta, reply, willRetryUntil, finalLog } = outcome
  return fields([
    ['Original-Recipient', recipient.orcpt && originalRecipient(recipient.orcpt)],
    ['Final-Recipient', typedAddress(recipient.address)],
    ['Action', report.kind === 'delivered' && report.relayed === true ? 'relayed' : report.kind],
    ['Status', statusFor(report.kind, outcome.status)],
    ['Remote-MTA', remoteMta && `dns; ${remoteMta}`],
    ['Diagnostic-Code', reply && diagnosticCode(outcome, reply)],
    ['Last-Attempt-Date', dateTime(outcome.lastAttempt ?? outcome.at)],
    // RFC 3464, 2.3.9: for delayed recipients only.
    ['Will-Retry-Until', report.kind === 'delayed' && willRetryUntil !== undefined && dateTime(willRetryUntil)],
    ['Final-Log-ID', finalLog],
  ])
}

/** The status if its class is consistent with the action, else a general one. A failure may have class 4, such as 4.4.7 for a message that
 * expired (RFC 3463, 3.5). */
export function statusFor(kind: Report['kind'], status: string): string {
  const { classes, otherwise } = {
    failed: { classes: '45', otherwise: '5.0.0' },
    delayed: { classes: '4', otherwise: '4.0.0' },
    delivered: { classes: '2', otherwise: '2.0.0' },
  }[kind]
  return /^\d\.\d{1,3}\.\d{1,3}$/.test(status) && classes.includes(status.charAt(0)) ? status : otherwise
}

/** The type `smtp` is for replies of SMTP servers only (RFC 3464, 2.3.6). */
function diagnosticCode(outcome: ReportedOutcome, reply: string): string | undefined {
  const here = foundHere(outcome)
  const text = printableAscii(here ? withoutCodes(reply) : reply)
  if (text === '') return undefined
  return isSmtpReply(text) && !here ? `smtp; ${text}` : `x-postrider; ${text}`
}

/** Whether this platform determined the outcome itself, without a reply of a server. */
export const foundHere = ({ ours }: ReportedOutcome): boolean => ours === true

/** Removes reply code and status from a text of this platform. Inside the queue it has the form of a reply, because the codes decide about
 * retries. */
export const withoutCodes = (reply: string): string => reply.replace(/^[45]\d\d (?:[245]\.\d{1,3}\.\d{1,3} )?/, '')

export const isSmtpReply = (reply: string): boolean => /^[2-5]\d\d([ -]|$)/.test(reply)

function fields(list: [name: string, value: string | false | undefined][]): string {
  return list
    .map(([name, value]) => (value === undefined || value === false || value === '' ? '' : field(name, value)))
    .join('')
}
